// What an actor can do to memory. Ranges and places are few, so that calls often meet again.
#define _GNU_SOURCE
#include "mixer.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static size_t heap_pages; // we have added to the heap

static char* any_page(uint64_t* c) { return arena + below(c, ARENA_PAGES) * page; }
static size_t few_pages(uint64_t* c) { return (1 + below(c, 6)) * page; }

// A byte range as programs have them: small keys, buffers, whole pages, nothing at all.
struct range {
  char* at;
  size_t bytes;
};

static struct range any_range(uint64_t* c) {
  char* const at = any_page(c);
  switch (below(c, 8)) {
  case 0:
    return (struct range){at, few_pages(c)};
  case 1:
    return (struct range){at + below(c, page), below(c, 3 * page)};
  case 2:
    return (struct range){at + below(c, page), 0};
  case 3:
    return (struct range){at + page - 16, 32}; // over a page boundary
  default:
    return (struct range){at + 64 * below(c, 8), 32}; // few places: they often meet again
  }
}

static size_t wrapping_length(uint64_t* c, const char* at) {
  switch (below(c, 4)) {
  case 0:
    return SIZE_MAX;
  case 1:
    return SIZE_MAX - page + 1;
  case 2:
    return (size_t)0 - (uintptr_t)at;
  default:
    return (size_t)0 - (uintptr_t)at - page;
  }
}

void do_lock(struct actor* a) {
  const struct range r = any_range(&a->chance);
  count(MLOCK, mlock(r.at, r.bytes) == 0);
}

void do_unlock(struct actor* a) {
  const struct range r = any_range(&a->chance);
  count(MUNLOCK, munlock(r.at, r.bytes) == 0);
}

void do_lock_on_fault(struct actor* a) {
  const struct range r = any_range(&a->chance);
  const unsigned flags = below(&a->chance, 6) == 0 ? 2 : (unsigned)below(&a->chance, 2);
  count(MLOCK2, syscall(SYS_mlock2, r.at, r.bytes, flags) == 0); // 2 is no flag: EINVAL
}

void do_wrap(struct actor* a) {
  char* const at = any_page(&a->chance) + below(&a->chance, 3);
  const size_t bytes = wrapping_length(&a->chance, at);
  if (below(&a->chance, 2) == 0) {
    count(MLOCK, mlock(at, bytes) == 0);
  } else {
    count(MUNLOCK, munlock(at, bytes) == 0);
  }
}

void* map_at(void* at, size_t bytes, int protection, int flags) {
  void* const got = mmap(at, bytes, protection, MAP_ANONYMOUS | flags, -1, 0);
  count(MMAP, got != MAP_FAILED);
  return got;
}

void do_map(struct actor* a) {
  static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ,
                                    PROT_NONE};
  uint64_t* const c = &a->chance;
  char* const at = any_page(c);
  const size_t room = (size_t)(arena + ARENA_PAGES * page - at);
  size_t bytes = (1 + below(c, 16)) * page;
  if (bytes > room) bytes = room;
  int flags = MAP_FIXED | (below(c, 4) == 0 ? MAP_SHARED : MAP_PRIVATE);
  if (below(c, 4) == 0) flags |= MAP_LOCKED;
  map_at(at, bytes, protections[below(c, 4)], flags);
}

void do_unmap(struct actor* a) {
  char* const at = any_page(&a->chance);
  size_t bytes = (1 + below(&a->chance, 3)) * page;
  const size_t room = (size_t)(arena + ARENA_PAGES * page - at);
  if (bytes > room) bytes = room;
  count(MUNMAP, munmap(at, bytes) == 0);
}

static void* remap(void* at, size_t old_bytes, size_t bytes, int flags, void* to) {
  void* const got = mremap(at, old_bytes, bytes, flags, to);
  count(MREMAP, got != MAP_FAILED);
  return got;
}

static int in_arena(const void* at, size_t bytes) {
  const char* const p = at;
  return p >= arena && p + bytes <= arena + (ARENA_PAGES + SLACK_PAGES) * page;
}

// What lies outside comes back over something inside, or goes.
static void bring_back(uint64_t* c, void* at, size_t bytes) {
  char* const to = arena + below(c, ARENA_PAGES - 16) * page;
  if (bytes <= 16 * page && below(c, 2) == 0 &&
      remap(at, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED) {
    return;
  }
  count(MUNMAP, munmap(at, bytes) == 0);
}

void do_move(struct actor* a) {
  uint64_t* const c = &a->chance;
  char* const from = any_page(c);
  char* const to = arena + below(c, ARENA_PAGES - 8) * page;
  const size_t bytes = few_pages(c), to_bytes = below(c, 3) == 0 ? few_pages(c) : bytes;
  remap(from, bytes, to_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

void do_resize(struct actor* a) {
  uint64_t* const c = &a->chance;
  char* const at = any_page(c);
  const size_t bytes = few_pages(c), to_bytes = few_pages(c);
  char* const got = remap(at, bytes, to_bytes, below(c, 2) == 0 ? MREMAP_MAYMOVE : 0, NULL);
  if (got != MAP_FAILED && !in_arena(got, to_bytes)) bring_back(c, got, to_bytes);
}

void do_move_and_keep(struct actor* a) {
  uint64_t* const c = &a->chance;
  char* const from = any_page(c);
  char* const to = arena + below(c, ARENA_PAGES - 8) * page;
  const size_t bytes = few_pages(c);
  remap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);
}

void do_elsewhere(struct actor* a) {
  uint64_t* const c = &a->chance;
  size_t bytes = few_pages(c);
  char* at = map_at(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | (below(c, 2) == 0 ? MAP_LOCKED : 0));
  if (at == MAP_FAILED) return;
  count(MLOCK, mlock(at + 100, 32) == 0);
  count(MLOCK, mlock(at + 200, bytes - 200) == 0);
  count(MUNLOCK, munlock(at + 100, below(c, 2) * 32) == 0);
  const size_t grown = bytes + few_pages(c);
  char* const moved = remap(at, bytes, grown, MREMAP_MAYMOVE, NULL);
  if (moved != MAP_FAILED) at = moved, bytes = grown;
  bring_back(c, at, bytes);
}

// The heap's end goes up and down, with locks on what was added.
void do_heap(struct actor* a) {
  uint64_t* const c = &a->chance;
  char* const end = sbrk(0);
  if (heap_pages > 4 || (heap_pages > 0 && below(c, 2) == 0)) {
    const size_t less = 1 + below(c, heap_pages);
    if (count(BRK, sbrk(-(intptr_t)(less * page)) != (void*)-1)) heap_pages -= less;
    return;
  }
  const size_t more = 1 + below(c, 4);
  if (!count(BRK, sbrk((intptr_t)(more * page)) != (void*)-1)) return;
  heap_pages += more;
  count(MLOCK, mlock(end + 10, below(c, more * page - 10)) == 0);
  if (below(c, 2) == 0) count(MUNLOCK, munlock(end + below(c, more * page), 8) == 0);
}

void do_lock_all(struct actor* a) {
  // 0 and MCL_ONFAULT alone are EINVAL.
  static const int flags_tried[] = {MCL_CURRENT,
                                    MCL_FUTURE,
                                    MCL_CURRENT | MCL_FUTURE,
                                    MCL_CURRENT | MCL_ONFAULT,
                                    MCL_FUTURE | MCL_ONFAULT,
                                    MCL_ONFAULT,
                                    0};
  count(MLOCKALL, mlockall(flags_tried[below(&a->chance, 7)]) == 0);
}

void do_unlock_all(struct actor* a) {
  (void)a;
  count(MUNLOCKALL, munlockall() == 0);
}

void do_shared_memory(struct actor* a) {
  uint64_t* const c = &a->chance;
  const size_t bytes = few_pages(c);
  const int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
  if (id < 0) return;
  char* const at = shmat(id, NULL, 0);
  shmctl(id, IPC_RMID, NULL); // goes with its last attachment
  if (!count(SHMAT, at != (void*)-1)) return;
  count(MLOCK, mlock(at + 1, below(c, bytes)) == 0);
  if (below(c, 2) == 0) count(MUNLOCK, munlock(at + below(c, bytes), 1) == 0);
  count(SHMDT, shmdt(at) == 0);
}

// None of these may change what is locked.
void do_advise(struct actor* a) {
  static const int advice[] = {MADV_POPULATE_WRITE, MADV_DONTNEED, MADV_DONTNEED_LOCKED,
                               MADV_DONTFORK,       MADV_DOFORK,   MADV_COLD};
  char* const at = any_page(&a->chance);
  madvise(at, few_pages(&a->chance), advice[below(&a->chance, 6)]);
}

void do_protect(struct actor* a) {
  static const int protections[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};
  char* const at = any_page(&a->chance);
  mprotect(at, few_pages(&a->chance), protections[below(&a->chance, 3)]);
}

void do_fail(struct actor* a) {
  uint64_t* const c = &a->chance;
  char* const at = any_page(c);
  switch (below(c, 7)) {
  case 0:
    count(MLOCK, mlock(NULL, 1) == 0);
    break;
  case 1:
    count(MUNLOCK, munlock(NULL, page) == 0);
    break;
  case 2:
    remap(at + 1, page, page, MREMAP_MAYMOVE, NULL);
    break;
  case 3:
    remap(at, 2 * page, page, MREMAP_MAYMOVE | MREMAP_FIXED, at + page);
    break; // overlap
  case 4:
    count(MUNMAP, munmap(at + 1, page) == 0);
    break;
  case 5:
    // A bad descriptor: the old mapping stays as it is.
    count(MMAP, mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_FIXED, -1, 0) != MAP_FAILED);
    break;
  default:
    count(SHMDT, shmdt(at + 1) == 0);
    break;
  }
}
