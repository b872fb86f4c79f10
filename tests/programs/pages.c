// pages: locks and unlocks keys at fixed places of a memory that begins at a multiple of 64 KiB, so
// that what is exposed depends on nothing but the size of pages. Nothing here asks for that size:
// the calls are the same on every machine.
//
// {"program":"pages","pid":7,"base":"0x7f0000010000","mlock":22,"munlock":9,"munmap":1}
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 0x10000, KEY = 64 };

enum deed { LOCK, UNLOCK, UNMAP, DEEDS };

// Each story has a block of 64 KiB of its own: the largest page that Linux has on any machine.
static const struct {
  enum deed deed;
  size_t offset, bytes;
} script[] = {
    // Keys on pages of 4 KiB of their own, but on one page of 16 KiB.
    {LOCK, 0x00000, KEY},
    {LOCK, 0x01000, KEY},
    {LOCK, 0x04000, KEY},
    {UNLOCK, 0x00000, KEY},
    // Keys on one page of 4 KiB.
    {LOCK, 0x10040, KEY},
    {LOCK, 0x10800, KEY},
    {UNLOCK, 0x10040, KEY},
    // A key within a buffer of more than a page, which both are locked.
    {LOCK, 0x20000, 0x1800},
    {LOCK, 0x20100, KEY},
    {UNLOCK, 0x20100, KEY},
    // A part of a lock is unlocked, and its other pages stay as they are.
    {LOCK, 0x30000, 0x5000},
    {UNLOCK, 0x30010, KEY},
    // The same key twice.
    {LOCK, 0x40000, KEY},
    {LOCK, 0x40000, KEY},
    {UNLOCK, 0x40000, KEY},
    // Two whole pages of 4 KiB between others that hold keys, the last on another page of 16 KiB.
    {LOCK, 0x50f00, KEY},
    {LOCK, 0x51f00, KEY},
    {LOCK, 0x52f00, KEY},
    {LOCK, 0x53f00, KEY},
    {LOCK, 0x54f00, KEY},
    {UNLOCK, 0x51000, 0x2000},
    // Over the border of two pages of 4 KiB, and of two of 16 KiB.
    {LOCK, 0x60fe0, KEY},
    {LOCK, 0x61800, KEY},
    {LOCK, 0x63fe0, KEY},
    {LOCK, 0x64800, KEY},
    {UNLOCK, 0x60fe0, KEY},
    {UNLOCK, 0x63fe0, KEY},
    // Exposed, and then gone with its memory, as is one that never was exposed.
    {LOCK, 0x70000, KEY},
    {LOCK, 0x73000, KEY},
    {LOCK, 0x78000, KEY},
    {UNLOCK, 0x70000, KEY},
    {UNMAP, 0x70000, BLOCK},
};
enum { BLOCKS = 8 };

static int act(enum deed deed, char* at, size_t bytes) {
  if (deed == LOCK) return mlock(at, bytes);
  return deed == UNLOCK ? munlock(at, bytes) : munmap(at, bytes);
}

int main(void) {
  char* const memory =
      mmap(NULL, (BLOCKS + 1) * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;
  char* const base = (char*)(((uintptr_t)memory + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
  unsigned done[DEEDS] = {0};
  for (size_t i = 0; i < sizeof script / sizeof *script; ++i) {
    if (act(script[i].deed, base + script[i].offset, script[i].bytes) != 0)
      return perror("pages"), 1;
    ++done[script[i].deed];
  }
  printf("{\"program\":\"pages\",\"pid\":%d,\"base\":\"%p\",\"mlock\":%u,\"munlock\":%u,"
         "\"munmap\":%u}\n",
         getpid(), (void*)base, done[LOCK], done[UNLOCK], done[UNMAP]);
  return 0;
}
