#define _GNU_SOURCE
#include "brief.h"

#include <sys/mman.h>

int brief_lock(const void* start, size_t length) {
  volatile int result = mlock(start, length);
  return result;
}

int brief_unlock(const void* start, size_t length) {
  volatile int result = munlock(start, length);
  return result;
}
