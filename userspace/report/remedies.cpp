#include "report/remedies.hpp"

namespace mlockscope::report::remedies {

constinit const std::string_view pages_of_its_own = R"(#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t whole_pages(size_t len) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (len + page - 1) / page * page;
}

/* No other secret can be on these pages. NULL if they cannot be locked. */
void *secret_new(size_t len) {
  void *at = mmap(NULL, whole_pages(len), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return NULL;
  if (mlock(at, whole_pages(len)) == 0) return at;
  munmap(at, whole_pages(len));
  return NULL;
}

/* munmap ends the lock as well. */
void secret_free(void *at, size_t len) {
  explicit_bzero(at, len);
  munmap(at, whole_pages(len));
}
)";

constinit const std::string_view counted_pages = R"(#include <pthread.h>
#include <sys/mman.h>

enum { PAGES = 16 };
static char *pool;       /* PAGES whole pages, by mmap */
static size_t page_size; /* sysconf(_SC_PAGESIZE) */
static unsigned users[PAGES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Only the first user of a page locks it. */
int page_lock(size_t page) {
  pthread_mutex_lock(&mutex);
  int failed = 0;
  if (users[page] == 0) failed = mlock(pool + page * page_size, page_size);
  if (!failed) ++users[page];
  pthread_mutex_unlock(&mutex);
  return failed;
}

/* Only the last one unlocks it. */
void page_unlock(size_t page) {
  pthread_mutex_lock(&mutex);
  if (--users[page] == 0) munlock(pool + page * page_size, page_size);
  pthread_mutex_unlock(&mutex);
}
)";

constinit const std::string_view locked_once = R"(#include <string.h>

/* The memory was locked once, by mlockall or with the whole pool, and
   stays locked until the program ends: a secret that has served is
   wiped, and munlock is not called. */
void secret_done(void *secret, size_t len) {
  explicit_bzero(secret, len);
}
)";

constinit const std::string_view checked_lock = R"(#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* 0, or -1 and the reason is told; a secret must not be stored then. */
int lock_or_say(void *at, size_t len) {
  struct rlimit limit;
  if (mlock(at, len) == 0) return 0;
  fprintf(stderr, "cannot lock %zu bytes: %s\n", len, strerror(errno));
  if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
    fprintf(stderr, "RLIMIT_MEMLOCK is %llu bytes\n",
            (unsigned long long)limit.rlim_cur);
  return -1;
}
)";

constinit const std::string_view kept_from_children = R"(#include <sys/mman.h>

/* After mmap and mlock of whole pages: a child will find zeros there
   (Linux 4.14), or with MADV_DONTFORK no memory at all. */
int keep_from_children(void *pages, size_t len) {
  return madvise(pages, len, MADV_WIPEONFORK);
}
)";

} // namespace mlockscope::report::remedies
