// What the parts of mixer share: the account, chance, and where things lie.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_PAGES = 64, SLACK_PAGES = 8 };

enum call {
  MLOCK,
  MLOCK2,
  MUNLOCK,
  MLOCKALL,
  MUNLOCKALL,
  MMAP,
  MUNMAP,
  MREMAP,
  BRK,
  SHMAT,
  SHMDT,
  CALLS
};

// What all processes of one run did. Mapped shared; numbers are by `enum call`.
struct account {
  atomic_ulong ok[CALLS], failed[CALLS];
  atomic_ulong forks, vforks, execs, checkpoints;
};

extern struct account* account;
extern const char* const call_names[CALLS];

// Counts a call as done (`ok`) or failed; returns `ok`.
int count(enum call call, int ok);

// The next number of a stream, splitmix64: small, and each seed gives a stream of its own.
uint64_t next(uint64_t* state);
// The same, below n.
size_t below(uint64_t* state, size_t n);

// One of the threads that act.
struct actor {
  uint64_t chance;
  int first;    // the main thread, which alone moves the heap's end
  int is_child; // in a forked child: it neither forks nor executes
  pthread_t thread;
};

extern char* arena;
extern size_t page; // bytes

// Anonymous mmap, counted.
void* map_at(void* at, size_t bytes, int protection, int flags);

// mixer_deeds.c: each makes one call or a few that belong together.
void do_lock(struct actor* a);
void do_unlock(struct actor* a);
void do_lock_on_fault(struct actor* a);
void do_wrap(struct actor* a);
void do_map(struct actor* a);
void do_unmap(struct actor* a);
void do_move(struct actor* a);
void do_resize(struct actor* a);
void do_move_and_keep(struct actor* a);
void do_elsewhere(struct actor* a);
void do_heap(struct actor* a);
void do_lock_all(struct actor* a);
void do_unlock_all(struct actor* a);
void do_shared_memory(struct actor* a);
void do_advise(struct actor* a);
void do_protect(struct actor* a);
void do_fail(struct actor* a);
