// parent HOW [MILLISECONDS] [CHILDREN] [CLAIMS]: locks CLAIMS (1) secrets of 32 bytes, one every
// 64, and forks CHILDREN (1), which have copies of them for MILLISECONDS (400), unless
//
//   lives       they just live on; the parent waits for them, here and with all others but the two
//               below
//   daemon      as lives, and the parent ends at once
//   double      as daemon, and so do the children: what lives on are theirs
//   exec        they execute something else at once, which then lives on
//   exit        they end at once, and the parent lives on instead
//   lock        they lock the secrets, too
//   unmap       they unmap them
//   vfork       vfork made them: they have no copy, but the parent's memory
//   dontfork    MADV_DONTFORK, wipeonfork MADV_WIPEONFORK, shared MAP_SHARED is the memory's nature
//   exposed     a munlock has exposed the secrets before, by rounding (CLAIMS that fit half a page)
//   released    they are unlocked before
//
// {"program":"parent","how":"lives","pid":7,"memory":"0x7f0000000000","claims":1,"children":[8],
//  "heirs":[8]}
//
// `heirs` are the processes that live on: with double, others than `children`.
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, STRIDE = 64, MOST_CHILDREN = 16 };

static const char *how, *milliseconds;
static char* memory;
static size_t bytes, claims;
static pid_t* heirs; // in memory that all of them share

static int is(const char* what) { return strcmp(how, what) == 0; }

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void rest(void) {
  const long all = atol(milliseconds);
  struct timespec left = {all / 1000, all % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0) continue;
}

static void* map(size_t length, int sharing) {
  void* const got = mmap(NULL, length, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  if (got == MAP_FAILED) die("mmap");
  return got;
}

static void lock_secrets(void) {
  for (size_t i = 0; i < claims; ++i) {
    if (mlock(memory + i * STRIDE, SECRET_BYTES) != 0) die("mlock");
    memset(memory + i * STRIDE, 'x', SECRET_BYTES);
  }
}

static void prepare(size_t page) {
  bytes = (claims * STRIDE + page - 1) / page * page;
  memory = map(bytes, is("shared") ? MAP_SHARED : MAP_PRIVATE);
  if (is("dontfork") && madvise(memory, bytes, MADV_DONTFORK) != 0) die("madvise");
  if (is("wipeonfork") && madvise(memory, bytes, MADV_WIPEONFORK) != 0) die("madvise");
  lock_secrets();
  char* const other = memory + page / 2;
  if (is("exposed") && (mlock(other, 1) != 0 || munlock(other, 1) != 0)) die("exposed");
  if (is("released") && munlock(memory, bytes) != 0) die("munlock");
}

static void live(int number) {
  if (is("exec")) execl("/proc/self/exe", "parent", "sleeper", milliseconds, NULL);
  if (is("lock")) lock_secrets();
  if (is("unmap") && munmap(memory, bytes) != 0) die("munmap");
  if (is("double")) {
    const pid_t heir = fork();
    if (heir != 0) heirs[number] = heir, _exit(0);
  }
  if (!is("exit")) rest();
  _exit(0);
}

static pid_t start(int number) {
  pid_t child = 0;
  if (is("vfork")) {
    child = vfork();
    if (child == 0) rest(), _exit(0);
  } else {
    child = fork();
    if (child == 0) live(number);
  }
  if (child < 0) die("fork");
  if (!is("double")) heirs[number] = child;
  return child;
}

static void print_pids(const char* name, const pid_t* pids, int count) {
  printf(",\"%s\":[", name);
  for (int i = 0; i < count; ++i) printf("%s%d", i > 0 ? "," : "", pids[i]);
  printf("]");
}

int main(int argc, char** argv) {
  how = argc > 1 ? argv[1] : "lives";
  milliseconds = argc > 2 ? argv[2] : "400";
  const int count = argc > 3 ? atoi(argv[3]) : 1;
  claims = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
  if (is("sleeper")) return rest(), 0;
  if (count < 1 || count > MOST_CHILDREN || claims == 0) return 2;
  heirs = map(sizeof *heirs * MOST_CHILDREN, MAP_SHARED);
  prepare((size_t)sysconf(_SC_PAGESIZE));

  pid_t children[MOST_CHILDREN];
  for (int i = 0; i < count; ++i) children[i] = start(i);
  if (is("exit")) rest();
  if (!is("daemon"))
    while (wait(NULL) > 0) continue;

  static char out[1024];
  setvbuf(stdout, out, _IOFBF, sizeof out); // a line in one piece, whoever writes beside it
  printf("{\"program\":\"parent\",\"how\":\"%s\",\"pid\":%d,\"memory\":\"%p\",\"claims\":%zu", how,
         getpid(), (void*)memory, claims);
  print_pids("children", children, count);
  print_pids("heirs", heirs, count);
  puts("}");
  return 0;
}
