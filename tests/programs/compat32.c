// compat32: locks by the 32-bit system calls of x86, which are not those that most probes watch.
// It is built twice: compat32_int80 is a 64-bit program that calls them with `int $0x80`, on memory
// below 4 GiB; compat32_elf is a 32-bit program, without a C library.
//
// It locks a secret, moves its page, locks 32 bytes beside it and unlocks these again, which
// unlocks the secret: one spill, of [page + 100, page + 132). Then it lets the secret go, unmaps
// the page, and locks and unlocks everything there is.
//
// {"program":"compat32","bits":64,"pid":7,"page":"0x40a02000","mlock":2,"munlock":2,"mremap":1,
//  "munmap":1,"mlockall":1,"munlockall":1,"failed":0}
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>

// arch/x86/entry/syscalls/syscall_32.tbl: <asm/unistd.h> has those of the program itself.
enum {
  SYS32_exit = 1,
  SYS32_write = 4,
  SYS32_getpid = 20,
  SYS32_munmap = 91,
  SYS32_mlock = 150,
  SYS32_munlock = 151,
  SYS32_mlockall = 152,
  SYS32_munlockall = 153,
  SYS32_mremap = 163,
  SYS32_mmap2 = 192,
};

// include/uapi/asm-generic/mman-common.h and mman.h: they may not be there for 32 bits.
enum { READ_WRITE = 0x3, PRIVATE_ANONYMOUS = 0x22, MAYMOVE_FIXED = 0x3, CURRENT = 0x1 };
enum { PAGE = 4096, PAGES = 4, SECRET = 100, BYTES = 32 };

static int failed;

// A 64-bit program gets its other registers back as they were, except that older kernels lose r8 to
// r11 ("x86/entry/64/compat: Preserve r8-r11 in int $0x80").
static long call(long number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
  long result = number;
  __asm__ volatile("int $0x80"
                   : "+a"(result)
                   : "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory"
#ifdef __x86_64__
                     ,
                     "r8", "r9", "r10", "r11"
#endif
  );
  return (int32_t)result;
}

static long counted(long number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
  const long result = call(number, a, b, c, d, e);
  failed += result < 0 && result > -4096; // an address may look negative
  return result;
}

// Text grows in the memory itself: the 32-bit write takes no address of a 64-bit stack.
static char *text, *end;

static void add(const char* more) {
  while (*more) *end++ = *more++;
}

static void add_number(uint32_t number, uint32_t base) {
  char digits[12];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[number % base];
  while ((number /= base) != 0);
  while (n > 0) *end++ = digits[--n];
}

static uint32_t move_secret(uint32_t memory) {
  const uint32_t page = memory + 2 * PAGE;
  counted(SYS32_mlock, memory + SECRET, BYTES, 0, 0, 0);
  counted(SYS32_mremap, memory, PAGE, PAGE, MAYMOVE_FIXED, page);
  return page;
}

static void spill(uint32_t page) {
  counted(SYS32_mlock, page, BYTES, 0, 0, 0);
  counted(SYS32_munlock, page, BYTES, 0, 0, 0);
}

static void clean_up(uint32_t page) {
  counted(SYS32_munlock, page + SECRET, BYTES, 0, 0, 0);
  counted(SYS32_munmap, page, PAGE, 0, 0, 0);
  counted(SYS32_mlockall, CURRENT, 0, 0, 0, 0);
  counted(SYS32_munlockall, 0, 0, 0, 0, 0);
}

static void print(uint32_t page) {
  add("{\"program\":\"compat32\",\"bits\":");
  add_number(8 * sizeof(void*), 10);
  add(",\"pid\":");
  add_number((uint32_t)call(SYS32_getpid, 0, 0, 0, 0, 0), 10);
  add(",\"page\":\"0x");
  add_number(page, 16);
  add("\",\"mlock\":2,\"munlock\":2,\"mremap\":1,\"munmap\":1,\"mlockall\":1,\"munlockall\":1,"
      "\"failed\":");
  add_number((uint32_t)failed, 10);
  add("}\n");
  call(SYS32_write, 1, (uint32_t)(uintptr_t)text, (uint32_t)(end - text), 0, 0);
}

static int run(uint32_t memory) {
  text = end = (char*)(uintptr_t)memory + 3 * PAGE;
  const uint32_t page = move_secret(memory);
  spill(page);
  clean_up(page);
  print(page);
  return failed != 0;
}

#ifdef __x86_64__
#include <stdio.h>
#include <sys/mman.h>

int main(void) {
  void* const memory = mmap(NULL, PAGES * PAGE, READ_WRITE, PRIVATE_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;
  return run((uint32_t)(uintptr_t)memory);
}
#else
void _start(void) {
  const long memory =
      call(SYS32_mmap2, 0, PAGES * PAGE, READ_WRITE, PRIVATE_ANONYMOUS, (uint32_t)-1);
  const int status = memory < 0 && memory > -4096 ? 1 : run((uint32_t)memory);
  call(SYS32_exit, (uint32_t)status, 0, 0, 0, 0);
  __builtin_unreachable();
}
#endif
