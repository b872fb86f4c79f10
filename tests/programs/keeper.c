// keeper [PLUGIN]: two keys on a page, the first of which is dropped while the second is in use.
// What locks and unlocks them is in functions whose names the tests know; with a plugin, in one
// that is loaded while the program runs. With LINGER in its environment it ends half a second
// later, with LOADS=N it loads a library N times in between. It is built in many ways
// (CMakeLists.txt).
//
// {"program":"keeper","load_line":22,"drop_line":30}
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define FUNCTION __attribute__((noinline, visibility("default")))

enum { KEY = 32, OTHER = 100 };
static int load_line, drop_line;

// None of them ends with a call: the compiler would make a jump of it, and leave no frame.
FUNCTION int load_key(char* at) {
  load_line = __LINE__ + 1;
  const int failed = mlock(at, KEY);
  at[0] = 1;
  return failed;
}

FUNCTION int drop_key(char* at) {
  at[0] = 0;
  drop_line = __LINE__ + 1;
  const int failed = munlock(at, KEY);
  return failed + (at[1] != 0);
}

#ifndef KEEPER_PLUGIN
typedef int step(char*);

FUNCTION int open_session(step* load, char* page) {
  const int failed = load(page) + load(page + OTHER);
  return failed + page[1];
}

FUNCTION int close_session(step* drop, char* page) {
  const int failed = drop(page);
  return failed + page[1];
}

static step* step_of(const char* plugin, const char* name, step* own) {
#ifndef KEEPER_STATIC
  if (plugin != NULL) {
    void* const library = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    own = library == NULL ? NULL : (step*)dlsym(library, name);
  }
#else
  (void)plugin;
  (void)name;
#endif
  if (own == NULL) abort();
  return own;
}

int main(int argc, char** argv) {
  const char* const plugin = argc > 1 ? argv[1] : NULL;
  step* const load = step_of(plugin, "load_key", load_key);
  step* const drop = step_of(plugin, "drop_key", drop_key);
  char* const page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int failed = open_session(load, page);
#ifndef KEEPER_STATIC
  // Code that comes and goes between lock and unlock, so slowly that each change is noticed.
  for (int n = getenv("LOADS") == NULL ? 0 : atoi(getenv("LOADS")); n > 0; --n) {
    void* const library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
    usleep(60000);
    if (library == NULL || dlclose(library) != 0) abort();
    usleep(60000);
  }
#endif
  failed += close_session(drop, page);
  if (getenv("LINGER") != NULL) usleep(500000);
  printf("{\"program\":\"keeper\",\"load_line\":%d,\"drop_line\":%d}\n", load_line, drop_line);
  return failed;
}
#endif
