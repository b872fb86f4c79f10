// One munlock, and whose pages it took. The kernel locks and unlocks whole pages and does not
// count: mm/mlock.c, apply_vma_lock_flags() sets or clears VM_LOCKED on all pages the bytes touch.
#include "demo/memory.hpp"
#include "demo/stories.hpp"

#include <limits>
#include <sys/mman.h>

namespace mlockscope::demo {
namespace {

/// Two keys of 32 bytes on one page, at 0 and at 100, both locked.
Pages two_keys() {
  Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::mlock(page.at(100), 32), "mlock");
  write_secret(page.at(0), 32);
  write_secret(page.at(100), 32);
  return page;
}

} // namespace

int spill() {
  const Pages page = two_keys();
  must(::munlock(page.at(0), 32), "munlock");
  return 0;
}

int self_spill() {
  const Pages pages(2);
  std::byte* const buffer = pages.at(page_size() - 96); // 96 bytes here, 104 on the next page
  must(::mlock(buffer, 200), "mlock");
  must(::munlock(buffer, 50), "munlock");
  return 0;
}

int nested() {
  const Pages pages(2);
  must(::mlock(pages.at(0), 2 * page_size()), "mlock");
  must(::mlock(pages.at(page_size()), 100), "mlock");
  must(::munlock(pages.at(page_size()), 100), "munlock");
  return 0;
}

int stacked() {
  const Pages page(1);
  must(::mlock(page.at(0), 64), "mlock");
  must(::mlock(page.at(0), 64), "mlock");
  must(::munlock(page.at(0), 64), "munlock");
  return 0;
}

int zero_length() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::munlock(page.at(100), 0), "munlock");
  return 0;
}

int wrapped() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  // length + offset in the page wraps around to 1: the kernel unlocks that one page.
  must(::munlock(page.at(2), std::numeric_limits<std::size_t>::max()), "munlock");
  return 0;
}

int neighbours() {
  // 4096 on purpose, not the page size: code written for 4 KiB pages that meets larger ones.
  const Pages memory = Pages::aligned(8192, 65536);
  must(::mlock(memory.at(0), 4096), "mlock");
  must(::mlock(memory.at(4096), 4096), "mlock");
  must(::munlock(memory.at(0), 4096), "munlock");
  return 0;
}

int release_both() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::mlock(page.at(32), 32), "mlock");
  must(::munlock(page.at(0), 64), "munlock");
  return 0;
}

int unlock_twice() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::munlock(page.at(0), 32), "munlock");
  must(::munlock(page.at(0), 32), "munlock");
  return 0;
}

int released() {
  const Pages page = two_keys();
  must(::munlock(page.at(0), 32), "munlock");
  must(::munlock(page.at(100), 32), "munlock");
  return 0;
}

int relocked() {
  const Pages page = two_keys();
  must(::munlock(page.at(0), 32), "munlock");
  must(::mlock(page.at(200), 32), "mlock");
  return 0;
}

int stale() {
  const Pages page(1);
  must(::mlock(page.at(0), 32),
       "mlock"); // "freed" here without munlock: nobody can see that from outside
  must(::mlock(page.at(100), 32), "mlock");
  must(::munlock(page.at(100), 32), "munlock");
  return 0;
}

} // namespace mlockscope::demo
