// puppet [NAME] [UID]: does what its standard input says, a line at a time, in 16 pages of memory,
// and answers each line with one on standard output when it is done; ends with its input. It takes
// NAME as the name of its process and becomes user UID first.
//
//   lock OFFSET LENGTH     unlock OFFSET LENGTH    lockall FLAGS    unlockall
//   storm N PAGE           N times: lock and unlock 64 bytes of that page
//   churn N                N times: mmap and munmap of a page elsewhere
//   walk SEED N            N random locks and unlocks of small ranges; the same SEED,
//                          the same calls
//   fork OFFSET LENGTH     a child locks that and ends
//   vfork OFFSET LENGTH    the same, in a child that shares the memory
//   sleep MILLISECONDS
//
// {"program":"puppet","pid":7,"memory":"0x7f0000000000"}
// {"did":"lock","ret":0}
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGES = 16 };

static char* memory;
static size_t page;

static int storm(long n, long at) {
  char* const place = memory + (size_t)(at % PAGES) * page;
  int failed = 0;
  for (long i = 0; i < n; ++i) failed += mlock(place, 64) != 0 || munlock(place, 64) != 0;
  return failed;
}

static int churn(long n) {
  int failed = 0;
  for (long i = 0; i < n; ++i) {
    void* const got = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    failed += got == MAP_FAILED || munmap(got, page) != 0;
  }
  return failed;
}

static uint64_t next(uint64_t* state) { // splitmix64
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Few places, so that the ranges often meet; half a page is left at the end.
static int walk(long seed, long n) {
  uint64_t chance = (uint64_t)seed;
  int failed = 0;
  for (long i = 0; i < n; ++i) {
    char* const at = memory + next(&chance) % (2 * PAGES - 2) * (page / 2) + next(&chance) % 4 * 64;
    const size_t bytes = 32 + next(&chance) % 3 * 64;
    failed += next(&chance) % 2 == 0 ? mlock(at, bytes) != 0 : munlock(at, bytes) != 0;
  }
  return failed;
}

static int in_child(size_t offset, size_t length) {
  const pid_t child = fork();
  int status = 0;
  if (child == 0) _exit(mlock(memory + offset, length) != 0);
  return child < 0 || waitpid(child, &status, 0) != child ? -1 : status;
}

static int in_sharing_child(size_t offset, size_t length) {
  int status = 0;
  const pid_t child = vfork();
  if (child == 0) _exit(mlock(memory + offset, length) != 0);
  return child < 0 || waitpid(child, &status, 0) != child ? -1 : status;
}

static int rest(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0) continue;
  return 0;
}

static int act(const char* what, unsigned long a, unsigned long b) {
  if (strcmp(what, "lock") == 0) return mlock(memory + a, b);
  if (strcmp(what, "unlock") == 0) return munlock(memory + a, b);
  if (strcmp(what, "lockall") == 0) return mlockall((int)a);
  if (strcmp(what, "unlockall") == 0) return munlockall();
  if (strcmp(what, "storm") == 0) return storm((long)a, (long)b);
  if (strcmp(what, "churn") == 0) return churn((long)a);
  if (strcmp(what, "walk") == 0) return walk((long)a, (long)b);
  if (strcmp(what, "fork") == 0) return in_child(a, b);
  if (strcmp(what, "vfork") == 0) return in_sharing_child(a, b);
  if (strcmp(what, "sleep") == 0) return rest((long)a);
  fprintf(stderr, "puppet: what is '%s'?\n", what);
  exit(2);
}

int main(int argc, char** argv) {
  if (argc > 1) prctl(PR_SET_NAME, argv[1]);
  if (argc > 2 && setuid((uid_t)atoi(argv[2])) != 0) return perror("setuid"), 1;
  page = (size_t)sysconf(_SC_PAGESIZE);
  memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;

  // No buffers of the C library: they would come from a heap that grows at moments of its own.
  static char in[256], out[256];
  setvbuf(stdin, in, _IOLBF, sizeof in);
  setvbuf(stdout, out, _IOLBF, sizeof out);
  printf("{\"program\":\"puppet\",\"pid\":%d,\"memory\":\"%p\"}\n", getpid(), (void*)memory);
  char line[128], what[32];
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned long a = 0, b = 0;
    if (sscanf(line, "%31s %lu %lu", what, &a, &b) < 1) continue;
    printf("{\"did\":\"%s\",\"ret\":%d}\n", what, act(what, a, b));
  }
  return 0;
}
