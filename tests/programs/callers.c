// callers [ROUNDS] [edge|wide]: locks and unlocks along paths that end in the same two places.
// Built with and without frame pointers, as callers_framed and callers_frameless.
//
// first() and second() have frames of the same size and call helper(), which calls mlock() or
// munlock(); so does deep(), after it has called itself 0 to 7 times. A round makes these pairs of
// calls:
//
//   first, second, deep(0), ... deep(7)
//
// and with `wide`, wide_first and wide_second: these call wide(), which calls helper() and has a
// frame of 6000 bytes.
//
// Code places are return addresses as the program itself sees them: `helper` that of the C
// library's wrapper, the others those of helper(). `marks` lie in the frame of main().
//
// `edge`: one pair by first() is made on a stack of 8 KiB, behind which nothing is mapped.
//
// {"program":"callers","pid":7,"helper":"0x55...","first":"0x...","second":"0x...",
//  "deep":"0x...","marks":"0x7f...","marked":"00b7...","edge":"0x7f..."}
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { DEPTH = 8, MARKS = 64, STACK = 8192 };

typedef int (*action_type)(const void*, size_t);

static action_type volatile action;
static char* memory;
static volatile int failures;
static void* volatile in_helper;
static void* volatile in_caller;

#define PLACE __attribute__((noinline))

// Called where mlock() is called otherwise: it returns to the same place.
PLACE static int note_place(const void* unused, size_t none) {
  (void)unused;
  (void)none;
  in_helper = __builtin_return_address(0);
  return 0;
}

PLACE static void helper(void) {
  if (action == note_place) in_caller = __builtin_return_address(0);
  const int result = action(memory, 64);
  failures += result != 0;
}

PLACE static int first(void) {
  volatile int steps = 0;
  helper();
  return ++steps;
}

PLACE static int second(void) {
  volatile int steps = 0;
  helper();
  return steps + 2;
}

// NOLINTNEXTLINE(misc-no-recursion): to be deeper in the stack
PLACE static int deep(int levels) {
  volatile int steps = 0;
  if (levels > 0)
    steps += deep(levels - 1);
  else
    helper();
  return ++steps;
}

// A frame of more than a page between helper() and what follows.
PLACE static int wide(void) {
  volatile char buffer[6000];
  buffer[0] = buffer[5999] = 1;
  helper();
  return buffer[0] + buffer[5999];
}

PLACE static int wide_first(void) { return wide() + 1; }

PLACE static int wide_second(void) { return wide() + 2; }

static action_type const lock_and_unlock[] = {mlock, munlock};

#define BOTH(path)                                                                                 \
  for (int step = 0; step < 2; ++step) {                                                           \
    action = lock_and_unlock[step];                                                                \
    path;                                                                                          \
  }

static void on_edge(void) { BOTH(first()) }

// Returns the end of the stack.
static char* go_to_the_edge(void) {
  static ucontext_t here, there;
  char* const stack =
      mmap(NULL, STACK + 4096 * 16, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack == MAP_FAILED || mprotect(stack, STACK, PROT_READ | PROT_WRITE) != 0) abort();
  getcontext(&there);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = STACK;
  there.uc_link = &here;
  makecontext(&there, on_edge, 0);
  swapcontext(&here, &there);
  return stack + STACK;
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;
  volatile unsigned char marks[MARKS];
  const char* edge = NULL;
  const int wider = argc > 2 && strcmp(argv[2], "wide") == 0;
  for (int i = 0; i < MARKS; ++i) marks[i] = (unsigned char)(i * 183 + 7);
  memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;

  action = note_place;
  deep(0);
  void* const deep_place = in_caller;
  second();
  void* const second_place = in_caller;
  for (int round = 0; round < rounds; ++round) {
    BOTH(first())
    BOTH(second())
    for (int levels = 0; levels < DEPTH; ++levels) BOTH(deep(levels))
    if (wider) {
      BOTH(wide_first())
      BOTH(wide_second())
    }
  }
  if (argc > 2 && strcmp(argv[2], "edge") == 0) edge = go_to_the_edge();

  action = note_place;
  first();
  printf("{\"program\":\"callers\",\"pid\":%d,\"helper\":\"%p\",\"first\":\"%p\",\"second\":\"%p\","
         "\"deep\":\"%p\",\"marks\":\"%p\",\"marked\":\"",
         (int)getpid(), in_helper, in_caller, second_place, deep_place, (void*)marks);
  for (int i = 0; i < MARKS; ++i) printf("%02x", marks[i]);
  printf("\",\"edge\":\"0x%lx\"}\n", (unsigned long)edge);
  return failures != 0;
}
