// The library that parked.c opens.
#include <unistd.h>

void park_in_plugin(void);

__attribute__((noinline, noclone)) static void wait_in_plugin(void) {
  char byte[64];
  while (read(0, byte, 1) > 0) {
  }
  __asm__ volatile("" : : "r"(byte) : "memory");
}

void park_in_plugin(void) {
  char memory[200];
  __asm__ volatile("" : : "r"(memory) : "memory");
  wait_in_plugin();
  __asm__ volatile("" : : "r"(memory) : "memory");
}
