// forker [CALLS]: exactly CALLS (a prime: 1009) calls of mlock, spread over a tree of processes
// and threads made in every way there is. Many end right after their last call. A tracer that
// misses a way into a process, or its last moments, counts fewer.
//
//   fork    the child goes on with its part
//   thread  a thread does
//   exec    fork, and the child executes this program for its part
//   vfork   the child calls mlock in its parent's address space, then executes this program
//
// {"program":"forker","pid":7,"mlock":1009,"munlock":151,"failed":0,"forks":40,"threads":37,
//  "execs":38,"vforks":35}
//
// forker CALLS TURN FD is how it calls itself: FD is the memory in which all of them count.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALLS_EACH = 7, WAYS = 4, BRANCHES = 3, VFORK_STACK = 16384 };

struct account {
  atomic_ulong mlock, munlock, failed, forks, threads, execs, vforks;
};

struct part {
  unsigned calls; // still to be made, by this branch and all below it
  unsigned turn;  // which way of branching comes next
};

static struct account* account;
static int account_fd;
static size_t page_bytes;

static void spend(struct part part);

static void die(const char* what) {
  perror(what);
  abort();
}

static void lock_some(unsigned calls, char* page) {
  for (unsigned i = 0; i < calls; ++i) {
    if (mlock(page + 64 * i, 32) != 0) account->failed++;
    account->mlock++;
  }
}

static void execute(struct part part) {
  char calls[16], turn[16], fd[16];
  snprintf(calls, sizeof calls, "%u", part.calls);
  snprintf(turn, sizeof turn, "%u", part.turn);
  snprintf(fd, sizeof fd, "%d", account_fd);
  execl("/proc/self/exe", "forker", calls, turn, fd, (char*)NULL);
  _exit(127);
}

static void* in_thread(void* argument) {
  spend(*(struct part*)argument);
  return NULL;
}

// Runs on a stack of its own in the memory of its parent, which waits until it has executed.
static int in_vfork(void* argument) {
  struct part part = *(struct part*)argument;
  char* page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) _exit(1);
  lock_some(1, page);
  part.calls -= 1;
  execute(part);
  return 127;
}

// What has been started and must be waited for.
struct branch {
  struct part part;
  pid_t child; // or 0: the thread
  pthread_t thread;
};

static void start_child(struct branch* branch, int executes) {
  branch->child = fork();
  if (branch->child < 0) die("fork");
  if (branch->child > 0) return;
  if (executes) execute(branch->part);
  spend(branch->part);
  _exit(0);
}

static void start_vfork(struct branch* branch) {
  _Alignas(16) char stack[VFORK_STACK];
  branch->child =
      clone(in_vfork, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &branch->part);
  if (branch->child < 0) die("clone");
}

static void start(struct branch* branch) {
  switch (branch->part.turn % WAYS) {
  case 0:
    account->forks++;
    start_child(branch, 0);
    break;
  case 1:
    account->threads++;
    branch->child = 0;
    if (pthread_create(&branch->thread, NULL, in_thread, &branch->part) != 0) die("pthread_create");
    break;
  case 2:
    account->execs++;
    start_child(branch, 1);
    break;
  default:
    account->vforks++;
    start_vfork(branch);
    break;
  }
}

static void finish(struct branch* branch) {
  int status = 0;
  if (branch->child == 0) {
    pthread_join(branch->thread, NULL);
  } else if (waitpid(branch->child, &status, 0) < 0 || status != 0) {
    fprintf(stderr, "forker: a child failed (status %d)\n", status);
    account->failed++;
  }
}

static void spend(struct part part) {
  char* page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) die("mmap");
  const unsigned own = part.calls < CALLS_EACH ? part.calls : CALLS_EACH;
  lock_some(own, page);

  struct branch branches[BRANCHES];
  unsigned left = part.calls - own, started = 0;
  for (; started < BRANCHES && left > 0; ++started) {
    const unsigned share = (left + BRANCHES - started - 1) / (BRANCHES - started);
    branches[started] = (struct branch){.part = {share, part.turn + started + 1}};
    start(&branches[started]);
    left -= share;
  }
  for (unsigned i = 0; i < started; ++i) finish(&branches[i]);

  // The leaves end with a lock as their last call, the others with an unlock of it all.
  if (started == 0) return;
  if (munlock(page, page_bytes) != 0) account->failed++;
  account->munlock++;
}

static int open_account(void) {
  const int fd = memfd_create("account", 0); // not MFD_CLOEXEC: it is for the executed ones too
  if (fd < 0 || ftruncate(fd, sizeof *account) != 0) die("memfd_create");
  return fd;
}

int main(int argc, char** argv) {
  struct part part = {argc > 1 ? (unsigned)atoi(argv[1]) : 1009,
                      argc > 2 ? (unsigned)atoi(argv[2]) : 0};
  account_fd = argc > 3 ? atoi(argv[3]) : open_account();
  page_bytes = (size_t)sysconf(_SC_PAGESIZE);
  account = mmap(NULL, sizeof *account, PROT_READ | PROT_WRITE, MAP_SHARED, account_fd, 0);
  if (account == MAP_FAILED) die("mmap");
  spend(part);
  if (argc > 3) return 0;
  printf("{\"program\":\"forker\",\"pid\":%d,\"mlock\":%lu,\"munlock\":%lu,\"failed\":%lu,"
         "\"forks\":%lu,\"threads\":%lu,\"execs\":%lu,\"vforks\":%lu}\n",
         getpid(), account->mlock, account->munlock, account->failed, account->forks,
         account->threads, account->execs, account->vforks);
  return account->failed != 0;
}
