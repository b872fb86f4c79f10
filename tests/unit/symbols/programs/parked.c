// Says where its functions are, one "NAME ADDRESS" a line, and waits in a call of a call of a call
// until its input ends. Options, before that:
//   chroot DIR    changes its root
//   plugin FILE   opens a library that parks it
//   made          has a page for code that is made at run time, "made ADDRESS"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef WITH_PLUGIN
#include <dlfcn.h>
#endif

#define NEVER_INLINED __attribute__((noinline, noclone))
// Keeps a call from becoming a jump, and memory on the stack of the function.
#define AFTERWARDS(memory) __asm__ volatile("" : : "r"(memory) : "memory")

typedef void (*Park)(void);

NEVER_INLINED void park_innermost(void) {
  char byte[100];
  while (read(0, byte, 1) > 0) {
  }
  AFTERWARDS(byte);
}

NEVER_INLINED static void park_middle(Park park) {
  char memory[3000];
  AFTERWARDS(memory);
  park();
  AFTERWARDS(memory);
}

NEVER_INLINED void park_outermost(Park park) {
  char memory[50];
  AFTERWARDS(memory);
  park_middle(park);
  AFTERWARDS(memory);
}

static void make_code(void) {
  void* const page =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) exit(1);
  printf("made %p\n", page);
}

int main(int argc, char** argv) {
  Park park = park_innermost;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "made") == 0) make_code();
    if (strcmp(argv[i], "chroot") == 0 && (++i == argc || chroot(argv[i]) != 0)) return 1;
#ifdef WITH_PLUGIN
    if (strcmp(argv[i], "plugin") == 0) {
      void* const library = ++i < argc ? dlopen(argv[i], RTLD_NOW) : NULL;
      if (!library) return 1;
      park = (Park)dlsym(library, "park_in_plugin");
      if (!park) return 1;
      printf("park_in_plugin %p\n", (void*)park);
    }
#endif
  }
  printf("park_innermost %p\npark_middle %p\npark_outermost %p\n", (void*)park_innermost,
         (void*)park_middle, (void*)park_outermost);
  printf("parked 0\n");
  fflush(stdout);
  park_outermost(park);
  return 0;
}
