// claims [N] [HOW] [SECONDS]: N live claims of 32 bytes, one every 64 bytes; holds them for
// SECONDS (0) and ends them.
//
//   pages  page by page: one munlock names all claims of the page (default; no finding)
//   each   one by one: the first munlock of each page exposes all other claims on it
//   none   not at all
//
// {"program":"claims","how":"pages","pid":7,"claims":1000,"pages":16,"mlock":1000,"munlock":16,
//  "failed":0}
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BYTES = 32, STRIDE = 64 };

static unsigned long munlocks, failed;

static void unlock(char* at, size_t bytes) {
  failed += munlock(at, bytes) != 0;
  munlocks++;
}

int main(int argc, char** argv) {
  const size_t n = argc > 1 ? (size_t)atol(argv[1]) : 1000;
  const char* how = argc > 2 ? argv[2] : "pages";
  const double seconds = argc > 3 ? atof(argv[3]) : 0;
  const int each = strcmp(how, "each") == 0, pages = strcmp(how, "pages") == 0;
  if (n == 0 || !(each || pages || strcmp(how, "none") == 0)) {
    fprintf(stderr, "usage: claims [N] [pages|each|none] [SECONDS]\n");
    return 2;
  }
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t bytes = (n * STRIDE + page - 1) / page * page;
  char* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;

  for (size_t i = 0; i < n; ++i) failed += mlock(memory + i * STRIDE, BYTES) != 0;
  struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  while (nanosleep(&left, &left) != 0) continue;
  for (size_t i = 0; each && i < n; ++i) unlock(memory + i * STRIDE, BYTES);
  for (size_t at = 0; pages && at < bytes; at += page) unlock(memory + at, page);

  printf("{\"program\":\"claims\",\"how\":\"%s\",\"pid\":%d,\"claims\":%zu,\"pages\":%zu,"
         "\"mlock\":%zu,\"munlock\":%lu,\"failed\":%lu}\n",
         how, getpid(), n, bytes / page, n, munlocks, failed);
  return 0;
}
