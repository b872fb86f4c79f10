// jit_lock.so, preloaded into a program that runs scripts: opening the file "/lock/0" or "/lock/1"
// locks one of two keys on a page, "/unlock/0" unlocks the first. So the script's functions, which
// were compiled while it ran, are on the stack of the call.
#define _GNU_SOURCE // O_TMPFILE, RTLD_NEXT
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char* keys(void) {
  static char* page;
  if (page == NULL)
    page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page;
}

/// 1 if the path is one of ours.
static int obey(const char* path) {
  if (strcmp(path, "/lock/0") == 0) return mlock(keys(), 32) == 0;
  if (strcmp(path, "/lock/1") == 0) return mlock(keys() + 100, 32) == 0;
  if (strcmp(path, "/unlock/0") == 0) return munlock(keys(), 32) == 0;
  return 0;
}

static int pass_on(const char* name, const char* path, int flags, mode_t mode) {
  int (*const next)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, name);
  if (obey(path)) {
    errno = ENOENT;
    return -1;
  }
  return next(path, flags, mode);
}

#define OPEN(name)                                                                                 \
  int name(const char* path, int flags, ...) {                                                     \
    va_list more;                                                                                  \
    va_start(more, flags);                                                                         \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;           \
    va_end(more);                                                                                  \
    return pass_on(#name, path, flags, mode);                                                      \
  }
OPEN(open)
OPEN(open64)
