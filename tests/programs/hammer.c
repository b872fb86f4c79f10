// hammer [N] [SECONDS] [MODE]: N workers lock and unlock 64 bytes as fast as they can.
//
//   shared     threads of one process; their bytes lie on one page (as many as fit). What one
//              unlocks is the others' too, on purpose
//   own        threads of one process, a page each (default)
//   processes  processes instead of threads: no lock of the address space slows them down
//
// {"program":"hammer","mode":"own","workers":2,"seconds":1,"pid":7,"mlock":81,"munlock":81,
//  "failed":0}
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORKERS = 256, BYTES = 64 };

struct worker {
  char* at;
  unsigned long mlock, munlock, failed; // mlock and munlock count all calls, failed ones too
};

// Mapped shared: children of the mode `processes` count here as well.
struct board {
  atomic_int stop;
  struct worker workers[MAX_WORKERS];
};

static struct board* board;

static void* work(void* argument) {
  struct worker* own = argument;
  struct worker counts = {own->at, 0, 0, 0}; // not on the board, where the others' lines are hot
  while (!atomic_load_explicit(&board->stop, memory_order_relaxed)) {
    counts.failed += mlock(counts.at, BYTES) != 0;
    counts.mlock++;
    counts.failed += munlock(counts.at, BYTES) != 0;
    counts.munlock++;
  }
  *own = counts;
  return NULL;
}

static void sleep_for(double seconds) {
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&left, &left) != 0) continue;
}

static void run_threads(int n, double seconds) {
  pthread_t threads[MAX_WORKERS];
  for (int i = 0; i < n; ++i) {
    if (pthread_create(&threads[i], NULL, work, &board->workers[i]) != 0) abort();
  }
  sleep_for(seconds);
  atomic_store(&board->stop, 1);
  for (int i = 0; i < n; ++i) pthread_join(threads[i], NULL);
}

static void run_processes(int n, double seconds) {
  for (int i = 0; i < n; ++i) {
    const pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
      work(&board->workers[i]);
      _exit(0);
    }
  }
  sleep_for(seconds);
  atomic_store(&board->stop, 1);
  while (wait(NULL) > 0) continue;
}

static void* map(size_t bytes, int sharing) {
  void* got = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return got;
}

int main(int argc, char** argv) {
  const int n = argc > 1 ? atoi(argv[1]) : 2;
  const double seconds = argc > 2 ? atof(argv[2]) : 1;
  const char* mode = argc > 3 ? argv[3] : "own";
  const int shared = strcmp(mode, "shared") == 0, processes = strcmp(mode, "processes") == 0;
  if (n < 1 || n > MAX_WORKERS || seconds <= 0 ||
      !(shared || processes || strcmp(mode, "own") == 0)) {
    fprintf(stderr, "usage: hammer [N] [SECONDS] [shared|own|processes]\n");
    return 2;
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  board = map(sizeof *board, MAP_SHARED);
  char* memory = map(page * (size_t)n, MAP_PRIVATE);
  for (int i = 0; i < n; ++i) {
    board->workers[i].at = memory + (shared ? (size_t)i * BYTES % page : (size_t)i * page);
  }
  processes ? run_processes(n, seconds) : run_threads(n, seconds);

  struct worker sum = {NULL, 0, 0, 0};
  for (int i = 0; i < n; ++i) {
    sum.mlock += board->workers[i].mlock;
    sum.munlock += board->workers[i].munlock;
    sum.failed += board->workers[i].failed;
  }
  printf("{\"program\":\"hammer\",\"mode\":\"%s\",\"workers\":%d,\"seconds\":%g,\"pid\":%d,"
         "\"mlock\":%lu,\"munlock\":%lu,\"failed\":%lu}\n",
         mode, n, seconds, getpid(), sum.mlock, sum.munlock, sum.failed);
  return 0;
}
