// mixer [SEED] [STEPS] [EVERY] [serial|race]: a random walk through everything that locks, unlocks,
// moves or ends locked memory. The same SEED gives the same calls.
//
// All of it happens in an arena of 64 pages (and some more, for ranges that begin in the last one),
// full of holes and odd mappings, on the heap's end, and at addresses of the kernel's choice.
// `serial` (default): four threads take turns, so the order of the calls is fixed, too. `race`:
// they all run at once between two checkpoints.
//
// A checkpoint is at the start, after every EVERY (25) steps, after an exec and at the end: all
// threads stand still, {"checkpoint":3,"pid":7} goes to file descriptor 3 (stdout if it is closed),
// and the program waits for one byte on file descriptor 4 (goes on if it is closed), so that a
// tester can compare /proc/PID/smaps with what it believes. In `serial`, forked children stop at
// checkpoints of their own.
//
// The account, on stdout at the end, sums up all processes; each call counts as done or failed:
// {"program":"mixer","seed":1,"steps":500,"mode":"serial","pid":7,"checkpoints":31,
//  "calls":{"mlock":{"ok":90,"failed":21},...},"forks":9,"vforks":5,"execs":1}
//
// mixer SEED STEPS EVERY MODE FD FIRST_SEED ALL_STEPS is how it executes itself; FD is the memory
// of the account.
//
// Nothing here touches the arena, which may be gone: pages are faulted in by mlock and madvise. And
// nothing mallocs after the start, for the heap's end moves.
#define _GNU_SOURCE
#include "mixer.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ACTORS = 4, CHILD_STEPS = 6, VFORK_STACK = 16384 };

static struct {
  uint64_t seed, first_seed;
  long steps, all_steps, every;
  int race;
  int account_fd;
  int reports, answers; // file descriptors, or -1
} options;

static long steps_left;

// ---- What mixer.h promises ---------------------------------------------------------------------

struct account* account;
char* arena;
size_t page;

const char* const call_names[CALLS] = {"mlock",      "mlock2", "munlock", "mlockall",
                                       "munlockall", "mmap",   "munmap",  "mremap",
                                       "brk",        "shmat",  "shmdt"};

int count(enum call call, int ok) {
  atomic_fetch_add(ok ? &account->ok[call] : &account->failed[call], 1);
  return ok;
}

uint64_t next(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

size_t below(uint64_t* state, size_t n) { return (size_t)(next(state) % n); }

// ---- Checkpoints -------------------------------------------------------------------------------

static void checkpoint(void) {
  char line[64], answer;
  const unsigned long number = atomic_fetch_add(&account->checkpoints, 1) + 1;
  const int bytes =
      snprintf(line, sizeof line, "{\"checkpoint\":%lu,\"pid\":%d}\n", number, getpid());
  if (write(options.reports, line, (size_t)bytes) != bytes) _exit(1);
  while (options.answers >= 0 && read(options.answers, &answer, 1) < 0 && errno == EINTR) continue;
}

// ---- Other processes ---------------------------------------------------------------------------

static void act(struct actor* a);

static void child_of(const struct actor* parent) {
  struct actor own = *parent;
  own.chance ^= 0x5bd1e995;
  own.is_child = 1;
  for (int i = 0; i < CHILD_STEPS; ++i) act(&own);
  if (!options.race && below(&own.chance, 2) == 0) checkpoint();
  _exit(0);
}

static void do_fork(struct actor* a) {
  account->forks++;
  const pid_t child = fork();
  if (child < 0) abort();
  if (child == 0) child_of(a);
  waitpid(child, NULL, 0);
  next(&a->chance);
}

static int in_vfork(void* argument) {
  struct actor* const a = argument;
  do_lock(a);
  do_unlock(a);
  _exit(0);
}

// CLONE_VM without CLONE_THREAD: another process, the same address space.
static void do_vfork(struct actor* a) {
  _Alignas(16) char stack[VFORK_STACK];
  account->vforks++;
  const pid_t child = clone(in_vfork, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, a);
  if (child < 0) abort();
  waitpid(child, NULL, 0);
}

static void execute(uint64_t seed, long steps) {
  char text[6][24];
  snprintf(text[0], sizeof *text, "%llu", (unsigned long long)seed);
  snprintf(text[1], sizeof *text, "%ld", steps);
  snprintf(text[2], sizeof *text, "%ld", options.every);
  snprintf(text[3], sizeof *text, "%d", options.account_fd);
  snprintf(text[4], sizeof *text, "%llu", (unsigned long long)options.first_seed);
  snprintf(text[5], sizeof *text, "%ld", options.all_steps);
  execl("/proc/self/exe", "mixer", text[0], text[1], text[2], options.race ? "race" : "serial",
        text[3], text[4], text[5], (char*)NULL);
  perror("mixer: exec");
  abort();
}

// From whichever thread: the kernel ends the others and gives this one the leader's id.
static void do_exec(struct actor* a) {
  account->execs++;
  execute(next(&a->chance), steps_left);
}

// ---- The walk ----------------------------------------------------------------------------------

static const struct {
  void (*act)(struct actor*);
  int weight;
  enum { ANYONE, FIRST, PARENT, ALONE } who; // ALONE: only in `serial`, and not in a child
} deeds[] = {
    {do_lock, 26, ANYONE},      {do_unlock, 18, ANYONE},       {do_lock_on_fault, 6, ANYONE},
    {do_wrap, 4, ANYONE},       {do_map, 9, ANYONE},           {do_unmap, 4, ANYONE},
    {do_move, 6, ANYONE},       {do_resize, 5, ANYONE},        {do_move_and_keep, 2, ANYONE},
    {do_elsewhere, 3, ANYONE},  {do_heap, 5, FIRST},           {do_lock_all, 2, ANYONE},
    {do_unlock_all, 2, ANYONE}, {do_shared_memory, 2, ANYONE}, {do_advise, 4, ANYONE},
    {do_protect, 3, ANYONE},    {do_fail, 3, ANYONE},          {do_fork, 4, PARENT},
    {do_vfork, 2, PARENT},      {do_exec, 1, ALONE},
};
enum { DEED_COUNT = sizeof deeds / sizeof *deeds };

static int may(const struct actor* a, size_t deed) {
  switch (deeds[deed].who) {
  case FIRST:
    return a->first && !a->is_child;
  case PARENT:
    return !a->is_child;
  case ALONE:
    return !a->is_child && !options.race;
  default:
    return 1;
  }
}

static void act(struct actor* a) {
  size_t total = 0;
  for (size_t i = 0; i < DEED_COUNT; ++i) total += (size_t)deeds[i].weight;
  size_t pick = below(&a->chance, total), deed = 0;
  while (pick >= (size_t)deeds[deed].weight) pick -= (size_t)deeds[deed++].weight;
  if (may(a, deed)) {
    deeds[deed].act(a);
  } else {
    do_lock(a);
  }
}

// Hands the turn around: turn == i lets actor i go. The first actor, main, holds it at the start.
static struct actor actors[ACTORS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, over;
static pthread_barrier_t begin, end;

static void give_turn(int to) {
  pthread_mutex_lock(&mutex);
  turn = to;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static void wait_for_turn(int mine) {
  pthread_mutex_lock(&mutex);
  while (turn != mine) pthread_cond_wait(&changed, &mutex);
  pthread_mutex_unlock(&mutex);
}

static void walk_serially(void) {
  uint64_t chance = options.seed;
  for (long done = 1; steps_left > 0; ++done) {
    --steps_left;
    const int who = (int)below(&chance, ACTORS);
    if (who == 0) {
      act(&actors[0]);
    } else {
      give_turn(who);
      wait_for_turn(0);
    }
    if (done % options.every == 0) checkpoint();
  }
}

static void race_once(struct actor* a, long steps) {
  for (long i = 0; i < steps; ++i) act(a);
}

static long steps_each(void) { return (options.every + ACTORS - 1) / ACTORS; }

static void walk_racing(void) {
  while (steps_left > 0) {
    steps_left -= options.every;
    pthread_barrier_wait(&begin);
    race_once(&actors[0], steps_each());
    pthread_barrier_wait(&end);
    checkpoint();
  }
}

// `over` is written before the turn or the barrier lets anyone read it.
static void* follow(void* argument) {
  struct actor* const a = argument;
  const int me = (int)(a - actors);
  for (;;) {
    options.race ? (void)pthread_barrier_wait(&begin) : wait_for_turn(me);
    if (over) return NULL;
    race_once(a, options.race ? steps_each() : 1);
    options.race ? (void)pthread_barrier_wait(&end) : give_turn(0);
  }
}

static void start_actors(void) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 * 1024); // mlockall makes them resident
  pthread_barrier_init(&begin, NULL, ACTORS);
  pthread_barrier_init(&end, NULL, ACTORS);
  uint64_t chance = options.seed ^ 0xacce55;
  for (int i = 0; i < ACTORS; ++i) {
    actors[i] = (struct actor){.chance = next(&chance), .first = i == 0};
    if (i > 0 && pthread_create(&actors[i].thread, &small, follow, &actors[i]) != 0) abort();
  }
}

static void stop_actors(void) {
  over = 1;
  if (options.race) pthread_barrier_wait(&begin);
  for (int i = 1; i < ACTORS; ++i) {
    if (!options.race) give_turn(i);
    pthread_join(actors[i].thread, NULL);
  }
}

// ---- Start and end -----------------------------------------------------------------------------

static int is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// Where a tester's descriptors 3 and 4 would be, nothing of ours may lie: 10 and up.
static int open_account(void) {
  const int low = memfd_create("account", 0);
  const int fd = fcntl(low, F_DUPFD, 10); // not close-on-exec: it outlives an exec
  close(low);
  if (fd < 0 || ftruncate(fd, sizeof *account) != 0) abort();
  return fd;
}

static int parse(int argc, char** argv) {
  options.seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  options.steps = argc > 2 ? atol(argv[2]) : 500;
  options.every = argc > 3 ? atol(argv[3]) : 25;
  options.race = argc > 4 && strcmp(argv[4], "race") == 0;
  options.reports = is_open(3) ? 3 : STDOUT_FILENO;
  options.answers = is_open(4) ? 4 : -1;
  options.account_fd = argc > 5 ? atoi(argv[5]) : open_account();
  options.first_seed = argc > 6 ? strtoull(argv[6], NULL, 10) : options.seed;
  options.all_steps = argc > 7 ? atol(argv[7]) : options.steps;
  steps_left = options.steps;
  const int mode_known = argc <= 4 || options.race || strcmp(argv[4], "serial") == 0;
  return options.steps >= 0 && options.every > 0 && mode_known;
}

static void print_account(void) {
  printf("{\"program\":\"mixer\",\"seed\":%llu,\"steps\":%ld,\"mode\":\"%s\",\"pid\":%d,"
         "\"checkpoints\":%lu,\"calls\":{",
         (unsigned long long)options.first_seed, options.all_steps,
         options.race ? "race" : "serial", getpid(), account->checkpoints);
  for (int i = 0; i < CALLS; ++i) {
    printf("%s\"%s\":{\"ok\":%lu,\"failed\":%lu}", i == 0 ? "" : ",", call_names[i], account->ok[i],
           account->failed[i]);
  }
  printf("},\"forks\":%lu,\"vforks\":%lu,\"execs\":%lu}\n", account->forks, account->vforks,
         account->execs);
}

// A locked stack that grows locks more pages without a call: let it grow before.
static void grow_stack(void) { memset(alloca(128 * 1024), 1, 128 * 1024); }

int main(int argc, char** argv) {
  if (!parse(argc, argv)) {
    fprintf(stderr, "usage: mixer [SEED] [STEPS] [EVERY] [serial|race]\n");
    return 2;
  }
  grow_stack();
  page = (size_t)sysconf(_SC_PAGESIZE);
  account = mmap(NULL, sizeof *account, PROT_READ | PROT_WRITE, MAP_SHARED, options.account_fd, 0);
  if (account == MAP_FAILED) return perror("mmap"), 1;
  start_actors();
  // Last, so that none of the above lies in a hole of it later.
  arena = map_at(NULL, (ARENA_PAGES + SLACK_PAGES) * page, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  if (arena == MAP_FAILED) return perror("mmap"), 1;

  checkpoint();
  options.race ? walk_racing() : walk_serially();
  stop_actors();
  checkpoint();
  print_account();
  return 0;
}
