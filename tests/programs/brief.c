// brief [library]: locks two ranges of one page, unlocks the first, and is gone with _exit() before
// anybody can look at it. With `library`, functions of libbrief.so make the calls. It says nothing:
// the names of its functions are what the test knows.
#define _GNU_SOURCE
#include "brief.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLACE __attribute__((noinline))

typedef int (*action_type)(const void*, size_t);

static action_type volatile lock = mlock;
static action_type volatile unlock = munlock;
static _Alignas(4096) char page[4096];

PLACE int lock_first(void) {
  volatile int steps = lock(page, 32);
  return ++steps;
}

PLACE int lock_second(void) {
  volatile int steps = lock(page + 64, 32);
  return ++steps;
}

PLACE int unlock_first(void) {
  volatile int steps = unlock(page, 32);
  return ++steps;
}

int main(int argc, char** argv) {
  (void)argv;
  if (argc > 1) lock = brief_lock, unlock = brief_unlock;
  const int results = lock_first() + lock_second() + unlock_first();
  _exit(results != 3);
}
