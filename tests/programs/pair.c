// pair [MODE] [N]: what one turn of a loop costs, in nanoseconds: the median of 11 batches of N.
//
//   pair     mlock and munlock of 64 bytes on one page (default)
//   getppid  a system call that nobody traces
//   fault    a page fault: the page is dropped with MADV_DONTNEED and written again
//   owner    the same, by a program that has locked another page next to it
//
// {"program":"pair","mode":"pair","n":20000,"batches":11,"ns":5312.4,"min_ns":5290.1}
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 11 };

static char* page;
static size_t page_bytes;

static int turn_pair(void) { return mlock(page, 64) != 0 || munlock(page, 64) != 0; }

static int turn_getppid(void) { return syscall(SYS_getppid) < 0; }

static int turn_fault(void) {
  *(volatile char*)page = 1;
  return madvise(page, page_bytes, MADV_DONTNEED);
}

static int lock_neighbour(void) {
  char* const own =
      mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return own == MAP_FAILED ? -1 : mlock(own, 64);
}

static const struct {
  const char* name;
  int (*turn)(void); // 0 if it went well
} modes[] = {
    {"pair", turn_pair}, {"getppid", turn_getppid}, {"fault", turn_fault}, {"owner", turn_fault}};

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// Nanoseconds a turn.
static double batch(int (*turn)(void), long n) {
  const double start = now_ns();
  for (long i = 0; i < n; ++i) {
    if (turn() != 0) {
      perror("pair");
      exit(1);
    }
  }
  return (now_ns() - start) / (double)n;
}

static int ascending(const void* a, const void* b) {
  const double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "pair";
  const long n = argc > 2 ? atol(argv[2]) : 20000;
  size_t which = 0;
  while (which < sizeof modes / sizeof *modes && strcmp(modes[which].name, mode) != 0) ++which;
  if (which == sizeof modes / sizeof *modes || n <= 0) {
    fprintf(stderr, "usage: pair [pair|getppid|fault|owner] [N]\n");
    return 2;
  }
  page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return perror("mmap"), 1;

  if (strcmp(mode, "owner") == 0 && lock_neighbour() != 0) return perror("mlock"), 1;

  double ns[BATCHES];
  batch(modes[which].turn, n / 10 + 1); // warm up
  for (int i = 0; i < BATCHES; ++i) ns[i] = batch(modes[which].turn, n);
  qsort(ns, BATCHES, sizeof *ns, ascending);
  printf("{\"program\":\"pair\",\"mode\":\"%s\",\"n\":%ld,\"batches\":%d,\"ns\":%.1f,"
         "\"min_ns\":%.1f}\n",
         mode, n, BATCHES, ns[BATCHES / 2], ns[0]);
  return 0;
}
