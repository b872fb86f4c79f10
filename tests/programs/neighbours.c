// neighbours: locks keys of 4096 bytes that lie side by side, and unlocks every other one. On pages
// of 4 KiB no key is ever exposed. On larger pages it depends on where the keys lie:
//
//   mapping    two in one mapping, from its start on
//   aligned    two in one mapping, at a multiple of 64 KiB that the program found by itself
//   apart      two in mappings of their own, which 4 KiB kernels put side by side
//
// {"program":"neighbours","pid":7,"mapping":"0x7f0000001000","aligned":"0x7f0000010000",
//  "apart":"0x7f0000000000"}
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEY = 4096, BLOCK = 65536 };

static char* map(size_t bytes) {
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

// Leaves the second key locked.
static int spend(char* first, char* second) {
  return mlock(first, KEY) != 0 || mlock(second, KEY) != 0 || munlock(first, KEY) != 0;
}

int main(void) {
  char* const mapping = map(BLOCK);
  char* const larger = map(2 * BLOCK);
  char* const below = map(KEY);
  char* const apart = map(KEY);
  if (mapping == MAP_FAILED || larger == MAP_FAILED || below == MAP_FAILED || apart == MAP_FAILED)
    return perror("mmap"), 1;
  char* const aligned = (char*)(((uintptr_t)larger + BLOCK) & ~(uintptr_t)(BLOCK - 1));
  if (spend(mapping, mapping + KEY) || spend(aligned, aligned + KEY) || spend(below, apart))
    return perror("mlock"), 1;
  printf("{\"program\":\"neighbours\",\"pid\":%d,\"mapping\":\"%p\",\"aligned\":\"%p\","
         "\"apart\":\"%p\"}\n",
         getpid(), (void*)mapping, (void*)aligned, (void*)apart);
  return 0;
}
