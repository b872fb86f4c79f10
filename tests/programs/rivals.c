// rivals [N] [same|apart]: two threads lock and unlock 64 bytes of the same page against each
// other, N rounds each (500000). One begins with mlock, the other with munlock, so that who comes
// last decides what the page is.
//
//   same   the same bytes (default)
//   apart  the second one's begin 100 bytes further up
//
// The rounds are made in 20 legs. After each of them both stand still, and the page is looked up in
// /proc/self/smaps. Then the first thread locks and unlocks LEG bytes of another page, LEG being 1
// for the first, so that a reader of the calls finds the place. At the end it prints, and waits for
// a line, or the end, of its input:
//
// {"program":"rivals","mode":"same","pid":7,"page":"0x7f00deadb000","marker":"0x7f00deadc000",
//  "calls":2000040,"failed":0,"locked":[true,false,...]}
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEGS = 20, BYTES = 64, APART = 100 };

struct rival {
  char* at;
  int unlocks_first;
  unsigned long calls, failed;
};

static pthread_barrier_t start, stop;
static long rounds;
static char *page, *marker;
static int locked[LEGS];

static long rounds_of(int leg) { return rounds * (leg + 1) / LEGS - rounds * leg / LEGS; }

static void run_leg(struct rival* own, int leg) {
  pthread_barrier_wait(&start);
  for (long n = rounds_of(leg); n > 0; --n) {
    if (own->unlocks_first) own->failed += munlock(own->at, BYTES) != 0;
    own->failed += mlock(own->at, BYTES) != 0;
    if (!own->unlocks_first) own->failed += munlock(own->at, BYTES) != 0;
    own->calls += 2;
  }
  pthread_barrier_wait(&stop);
}

static void* other_rival(void* argument) {
  for (int leg = 0; leg < LEGS; ++leg) run_leg(argument, leg);
  return NULL;
}

// What VmFlags say of the mapping that has the page: 1 if it is locked, -1 if they say nothing.
static int is_locked(void) {
  FILE* const file = fopen("/proc/self/smaps", "re");
  char line[512];
  int here = 0, found = -1;
  while (file && fgets(line, sizeof line, file)) {
    uintptr_t from, to;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
      here = from <= (uintptr_t)page && (uintptr_t)page < to;
    else if (here && strncmp(line, "VmFlags:", 8) == 0)
      found = strstr(line, " lo") != NULL;
  }
  if (file) fclose(file);
  return found;
}

static int mark(int leg) {
  locked[leg] = is_locked();
  return locked[leg] < 0 || mlock(marker, (size_t)leg + 1) != 0 ||
         munlock(marker, (size_t)leg + 1) != 0;
}

static int race(struct rival* first, struct rival* second) {
  pthread_t thread;
  pthread_barrier_init(&start, NULL, 2);
  pthread_barrier_init(&stop, NULL, 2);
  if (pthread_create(&thread, NULL, other_rival, second) != 0) return -1;
  for (int leg = 0; leg < LEGS; ++leg) {
    run_leg(first, leg);
    if (mark(leg) != 0) return -1;
  }
  return pthread_join(thread, NULL);
}

static void print(const char* mode, const struct rival* first, const struct rival* second) {
  printf("{\"program\":\"rivals\",\"mode\":\"%s\",\"pid\":%d,\"page\":\"%p\",\"marker\":\"%p\","
         "\"calls\":%lu,\"failed\":%lu,\"locked\":[",
         mode, getpid(), (void*)page, (void*)marker, first->calls + second->calls + 2 * LEGS,
         first->failed + second->failed);
  for (int leg = 0; leg < LEGS; ++leg)
    printf("%s%s", leg == 0 ? "" : ",", locked[leg] ? "true" : "false");
  printf("]}\n");
  fflush(stdout);
}

int main(int argc, char** argv) {
  const char* mode = argc > 2 ? argv[2] : "same";
  const int apart = strcmp(mode, "apart") == 0;
  rounds = argc > 1 ? atol(argv[1]) : 500000;
  if (rounds <= 0 || (!apart && strcmp(mode, "same") != 0)) {
    fprintf(stderr, "usage: rivals [N] [same|apart]\n");
    return 2;
  }
  const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
  page = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return perror("mmap"), 1;
  marker = page + bytes;
  struct rival first = {page, 0, 0, 0}, second = {page + (apart ? APART : 0), 1, 0, 0};
  if (race(&first, &second) != 0) return perror("rivals"), 1;
  print(mode, &first, &second);
  getchar();
  return 0;
}
