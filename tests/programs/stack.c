// stack: the locked stack of one thread grows by page faults, while another locks two keys on one
// page and unlocks the first, as often as it can. Each round is one spill, whatever grows beside
// it.
//
// {"program":"stack","pid":7,"spills":2200}
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DEPTH = 1500, KEY = 8, OTHER = 100 };

static atomic_int stop;
static char* page;
static long rounds;

static void* work(void* unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    mlock(page, KEY);
    mlock(page + OTHER, KEY);
    munlock(page, KEY);
    munlock(page + OTHER, KEY);
    ++rounds;
  }
  return NULL;
}

// NOLINTNEXTLINE(misc-no-recursion): to use stack is all it does
__attribute__((noinline)) static int deeper(int levels) {
  volatile char frame[4096];
  frame[0] = (char)levels;
  return levels != 0 ? deeper(levels - 1) + frame[0] : 0;
}

int main(void) {
  volatile int sum = 0;
  pthread_t worker;
  page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // The stack is a mapping that exists, and what it grows by is locked, too.
  if (page == MAP_FAILED || mlockall(MCL_CURRENT) != 0) return 1;
  if (pthread_create(&worker, NULL, work, NULL) != 0) return 1;
  for (int levels = 1; levels < DEPTH; ++levels) sum += deeper(levels);
  atomic_store(&stop, 1);
  pthread_join(worker, NULL);
  printf("{\"program\":\"stack\",\"pid\":%d,\"spills\":%ld}\n", (int)getpid(), rounds);
  return 0;
}
