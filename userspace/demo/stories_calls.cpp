// Calls other than mlock and munlock that lock, move or end locked memory, and locks that fail.
#include "demo/demo.hpp"
#include "demo/memory.hpp"
#include "demo/privilege.hpp"
#include "demo/stories.hpp"

#include <cstdio>
#include <sys/mman.h>

namespace mlockscope::demo {
namespace {

/// A page for each secret, as it should be.
void own_pages() {
  const Pages first(1);
  const Pages second(1);
  must(::mlock(first.at(0), 32), "mlock");
  must(::mlock(second.at(0), 32), "mlock");
  write_secret(first.at(0), 32);
  must(::munlock(first.at(0), 32), "munlock");
  must(::mlock(first.at(0), 32), "mlock");
  must(::munlock(first.at(0), 32), "munlock");
  must(::munlock(second.at(0), 32), "munlock");
}

/// A secret that children do not get.
void kept_from_children() {
  using namespace std::chrono_literals;
  const Pages page(1);
  if (::madvise(page.at(0), page_size(), MADV_DONTFORK) != 0) fail("madvise(MADV_DONTFORK)");
  must(::mlock(page.at(0), 32), "mlock");
  in_child([] { sleep_for(300ms); });
  must(::munlock(page.at(0), 32), "munlock");
}

} // namespace

int clean() {
  own_pages();
  kept_from_children();
  const Pages born_locked(1, MAP_LOCKED);
  write_secret(born_locked.at(0), 32);
  return 0;
}

int lockall_hole() {
  // Not MCL_CURRENT: it charges all that is mapped, too much for the usual RLIMIT_MEMLOCK.
  must(::mlockall(MCL_FUTURE), "mlockall");
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::munlock(page.at(0), 32), "munlock");
  must(::munlockall(), "munlockall");
  return 0;
}

int lockall_current() {
  if (!may_lock_everything()) {
    std::fputs("  skipped: RLIMIT_MEMLOCK is too low for mlockall(MCL_CURRENT)\n", stderr);
    return skipped;
  }
  const Pages page(1);
  must(::mlockall(MCL_CURRENT | MCL_ONFAULT),
       "mlockall"); // no need to make all of it resident for this
  must(::munlock(page.at(0), 32), "munlock");
  must(::munlockall(), "munlockall");
  return 0;
}

int lock_failed() {
  const Pages pages(2);
  const LowMemlock one_page(page_size());
  // The program "ignores" the error, as programs do, and keeps its secret there all the same.
  if (::mlock(pages.at(0), 2 * page_size()) == 0) must_fail("mlock over the limit");
  write_secret(pages.at(0), 32);
  return 0;
}

int map_locked() {
  const Pages pages(2, MAP_LOCKED);
  must(::mlock(pages.at(100), 32), "mlock");
  must(::munlock(pages.at(100), 32), "munlock");
  return 0;
}

int moved() {
  const Pages from(1);
  const Pages to(1);
  must(::mlock(from.at(0), 32), "mlock");
  must(::mlock(from.at(100), 32), "mlock");
  const void* const got =
      ::mremap(from.at(0), page_size(), page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, to.at(0));
  if (got == MAP_FAILED) fail("mremap");
  must(::munlock(to.at(0), 32), "munlock");
  return 0;
}

int failed_unlock() {
  const Pages pages(3);
  if (::munmap(pages.at(page_size()), page_size()) != 0) fail("munmap");
  must(::mlock(pages.at(0), 32), "mlock");
  // Reaches into the hole: ENOMEM, but the first page has been unlocked by then.
  if (::munlock(pages.at(100), page_size()) == 0) must_fail("munlock of a hole");
  return 0;
}

} // namespace mlockscope::demo
