// faults [locked|unlocked]: one page fault of each sort that a page has while it is locked.
//
//   first-touch    a page locked with MLOCK_ONFAULT is written for the first time
//   copy-on-write  a locked page is written while a forked child has it, too
//
// unlocked: the same without a lock.
//
// {"program":"faults","how":"locked","pid":7,"first_touch":"0x7f0000000064",
//  "copy_on_write":"0x7f0000001064","page_size":4096}
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OFFSET = 100, BYTES = 32 };

static void die(const char* what) {
  perror(what);
  exit(1);
}

// Returns the descriptor whose closing ends the child.
static int start_child(pid_t* child) {
  int ends[2];
  char byte = 0;
  if (pipe(ends) != 0) die("pipe");
  *child = fork();
  if (*child < 0) die("fork");
  if (*child == 0) {
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) != 0);
  }
  close(ends[0]);
  return ends[1];
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "locked";
  const int locked = strcmp(how, "locked") == 0;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char* const memory =
      mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) die("mmap");
  madvise(memory, 2 * page, MADV_NOHUGEPAGE);
  char *const touched = memory + OFFSET, *const copied = touched + page;

  if (locked && mlock2(touched, BYTES, MLOCK_ONFAULT) != 0) die("mlock2");
  *(volatile char*)touched = 1;

  if (locked && mlock(copied, BYTES) != 0) die("mlock");
  *(volatile char*)copied = 1; // there already, if it is locked
  pid_t child;
  const int end = start_child(&child);
  *(volatile char*)copied = 2;
  close(end);
  waitpid(child, NULL, 0);

  printf("{\"program\":\"faults\",\"how\":\"%s\",\"pid\":%d,\"first_touch\":\"%p\","
         "\"copy_on_write\":\"%p\",\"page_size\":%zu}\n",
         how, getpid(), (void*)touched, (void*)copied, page);
  return 0;
}
