// crowd: makes processes, each under a name that no other has, with bytes in it that a terminal or
// a label could trip over. Lines on its input:
//
//   come N   N processes come and go, one after another. Each locks two secrets on one page,
//   unlocks
//            the first, and ends: one spill
//   stay N   N processes lock a secret and stay until the input ends
//
// Prints {"program":"crowd","pid":7}, then {"did":"come","processes":N} for every line.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char* page;

// Numbers scattered over 64 bits, each once: the finisher of SplitMix64 is a bijection.
static unsigned long long scattered(unsigned long long n) {
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9ull;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebull;
  return n ^ (n >> 31);
}

static void take_a_name(unsigned long long number) {
  char name[16] = "\"\n\x1b[31m\xff"; // and seven bytes of the number's, none of them zero
  const unsigned long long bytes = scattered(number) | 0x0101010101010101ull;
  memcpy(name + 8, &bytes, 7);
  prctl(PR_SET_NAME, name);
}

static void come_and_go(void) {
  if (mlock(page, 32) != 0 || mlock(page + 100, 32) != 0 || munlock(page, 32) != 0) _exit(1);
  _exit(0);
}

static void stay(int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char done = mlock(page, 32) == 0 ? 'y' : 'n';
  if (write(ready, &done, 1) != 1) _exit(1);
  for (;;) pause();
}

// Returns whether it did what it should.
static int make_one(const char* what, unsigned long long number) {
  int ready[2];
  if (pipe(ready) != 0) return 0;
  const int stays = strcmp(what, "stay") == 0;
  const pid_t child = fork();
  if (child == 0) {
    take_a_name(number);
    stays ? stay(ready[1]) : come_and_go();
  }
  int status = -1;
  char done = 'n';
  if (child > 0 && !stays && waitpid(child, &status, 0) == child && status == 0) done = 'y';
  if (child > 0 && stays && read(ready[0], &done, 1) != 1) done = 'n';
  close(ready[0]);
  close(ready[1]);
  return done == 'y';
}

int main(void) {
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("{\"program\":\"crowd\",\"pid\":%d}\n", getpid());
  unsigned long long next = 0;
  char what[8];
  long count = 0;
  while (scanf("%7s %ld", what, &count) == 2) {
    for (long i = 0; i < count; ++i) {
      if (!make_one(what, next++)) return 1;
    }
    printf("{\"did\":\"%s\",\"processes\":%ld}\n", what, count);
  }
  return 0;
}
