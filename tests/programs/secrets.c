// secrets NUMBER [PAGES] [beside|apart]: pairs of secrets, 32 bytes each, of which one is given up
// while the other must stay secret. It does what its standard input says, words of a line one after
// the other, and answers each line with one on standard output; ends with its input.
//
//   lock     locks all secrets and writes them
//   unlock   wipes the first of each pair and unlocks it, one munlock each
//   relock   locks the place of the first again
//   release  unlocks the second
//   pageout  pushes all its memory out, page by page, until each is in swap or the kernel refuses
//   read     reads each page
//   fill     writes to each page what is no secret
//   exec     executes itself: its memory is at the same addresses, empty; the last of its line
//   exit     ends at once, after its answer
//
// beside (default): both of a pair on one page, at 0 and 100; so unlocking the one unlocks the
// other. apart: on pages of their own, the second ones behind all first ones, and nothing goes
// wrong.
//
// The second secret of each pair is the marker that NUMBER stands for (mark()). It is made in its
// place, and nowhere else: if the swap has it, the swap has a secret.
//
// {"program":"secrets","pid":7,"memory":"0x7f0000000000","pages":1,"page_size":4096}
// {"did":"pageout read","in_swap":1,"refused":0,"failed":0}
//
// `in_swap` and `refused` are pages at the last pageout, `failed` the calls that were to succeed.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, SECOND_AT = 100, TRIES = 100 };

static char** arguments; // NUMBER, PAGES and the form, as given or as they are without
static char* memory;
static size_t page, pairs, pages; // `pages` of memory
static int apart;
static unsigned long in_swap, refused, failed;

static void die(const char* what) {
  perror(what);
  exit(1);
}

static char* first_of(size_t pair) { return memory + pair * page; }
static char* second_of(size_t pair) {
  return apart ? memory + (pairs + pair) * page : first_of(pair) + SECOND_AT;
}

// 32 letters, by Knuth's generator; live/swapfile.cpp has the same.
static void mark(char* at, uint64_t state) {
  for (int i = 0; i < SECRET_BYTES; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    at[i] = (char)('a' + (state >> 33) % 26);
  }
}

static void lock(void) {
  const uint64_t number = strtoull(arguments[1], NULL, 10);
  for (size_t i = 0; i < pairs; ++i) {
    failed += mlock(first_of(i), SECRET_BYTES) != 0;
    failed += mlock(second_of(i), SECRET_BYTES) != 0;
    mark(first_of(i), ~number);
    mark(second_of(i), number);
  }
}

static void unlock(void) {
  for (size_t i = 0; i < pairs; ++i) {
    explicit_bzero(first_of(i), SECRET_BYTES);
    failed += munlock(first_of(i), SECRET_BYTES) != 0;
  }
}

static void relock(void) {
  for (size_t i = 0; i < pairs; ++i) failed += mlock(first_of(i), SECRET_BYTES) != 0;
}

static void release(void) {
  for (size_t i = 0; i < pairs; ++i) failed += munlock(second_of(i), SECRET_BYTES) != 0;
}

// Bit 62 of a page's entry in /proc/PID/pagemap; a process may read its own.
static unsigned long count_in_swap(void) {
  uint64_t* const entries = calloc(pages, sizeof *entries);
  const size_t bytes = pages * sizeof *entries;
  const off_t from = (off_t)((uintptr_t)memory / page * sizeof *entries);
  const int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (entries == NULL || file < 0 || pread(file, entries, bytes, from) != (ssize_t)bytes)
    die("/proc/self/pagemap");
  unsigned long count = 0;
  for (size_t i = 0; i < pages; ++i) count += (entries[i] >> 62) & 1;
  close(file);
  free(entries);
  return count;
}

// A page that was locked a moment ago may still sit in another CPU's batch: ask again.
static void pageout(void) {
  for (int tries = 0; tries < TRIES; ++tries) {
    refused = 0;
    for (size_t i = 0; i < pages; ++i)
      refused += madvise(memory + i * page, page, MADV_PAGEOUT) != 0;
    in_swap = count_in_swap();
    if (in_swap + refused >= pages) return;
    nanosleep(&(struct timespec){0, 20000000}, NULL);
  }
}

static void read_all(void) {
  for (size_t i = 0; i < pages; ++i) (void)*(volatile char*)(memory + i * page);
}

static void fill(void) { memset(memory, '.', pages * page); }

static void execute(void) {
  execl(arguments[0], arguments[0], arguments[1], arguments[2], arguments[3],
        NULL); // keeps its name
  die("exec");
}

static void answer(const char* line) {
  printf("{\"did\":\"%.*s\",\"in_swap\":%lu,\"refused\":%lu,\"failed\":%lu}\n",
         (int)strcspn(line, "\n"), line, in_swap, refused, failed);
}

static void act(const char* what, const char* line) {
  if (strcmp(what, "lock") == 0) return lock();
  if (strcmp(what, "unlock") == 0) return unlock();
  if (strcmp(what, "relock") == 0) return relock();
  if (strcmp(what, "release") == 0) return release();
  if (strcmp(what, "pageout") == 0) return pageout();
  if (strcmp(what, "read") == 0) return read_all();
  if (strcmp(what, "fill") == 0) return fill();
  if (strcmp(what, "exec") == 0) return execute();
  if (strcmp(what, "exit") == 0) return answer(line), _exit(0);
  fprintf(stderr, "secrets: what is '%s'?\n", what);
  exit(2);
}

// Far from where programs, libraries and stacks lie: the place is free again after an exec.
static void map_memory(void) {
  memory = mmap((void*)0x2000000000, pages * page, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  madvise(memory, pages * page, MADV_NOHUGEPAGE); // or a page would take its neighbours along
}

int main(int argc, char** argv) {
  char* complete[] = {argv[0], "1", "1", "beside"};
  for (int i = 1; i < argc && i < 4; ++i) complete[i] = argv[i];
  arguments = complete;
  page = (size_t)sysconf(_SC_PAGESIZE);
  apart = strcmp(arguments[3], "apart") == 0;
  pairs = strtoul(arguments[2], NULL, 10);
  pages = pairs * (apart ? 2 : 1);
  if (pages == 0) return fprintf(stderr, "usage: secrets NUMBER [PAGES] [beside|apart]\n"), 2;
  map_memory();

  // No buffers of the C library: they would come from a heap that grows at moments of its own.
  static char in[256], out[256];
  setvbuf(stdin, in, _IOLBF, sizeof in);
  setvbuf(stdout, out, _IOLBF, sizeof out);
  printf("{\"program\":\"secrets\",\"pid\":%d,\"memory\":\"%p\",\"pages\":%zu,\"page_size\":%zu}\n",
         getpid(), (void*)memory, pages, page);
  char line[128], words[128];
  while (fgets(line, sizeof line, stdin) != NULL) {
    memcpy(words, line, sizeof words);
    for (char* word = strtok(words, " \n"); word != NULL; word = strtok(NULL, " \n"))
      act(word, line);
    answer(line);
  }
  return 0;
}
