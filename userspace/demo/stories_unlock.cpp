// One munlock, and whose pages it took. The kernel locks and unlocks whole pages and does not
// count: mm/mlock.c, apply_vma_lock_flags() sets or clears VM_LOCKED on all pages the bytes touch.
#include "demo/memory.hpp"
#include "demo/stories.hpp"

#include <limits>

namespace mlockscope::demo {
namespace {

/// Two keys of 32 bytes on one page, at 0 and at 100, both locked.
Pages two_keys() {
  Pages page(1);
  lock(page.at(0), 32);
  lock(page.at(100), 32);
  write_secret(page.at(0), 32);
  write_secret(page.at(100), 32);
  return page;
}

} // namespace

int spill() {
  const Pages page = two_keys();
  unlock(page.at(0), 32);
  return 0;
}

int self_spill() {
  const Pages pages(2);
  std::byte* const buffer = pages.at(page_size() - 96); // 96 bytes here, 104 on the next page
  lock(buffer, 200);
  unlock(buffer, 50);
  return 0;
}

int nested() {
  const Pages pages(2);
  lock(pages.at(0), 2 * page_size());
  lock(pages.at(page_size()), 100);
  unlock(pages.at(page_size()), 100);
  return 0;
}

int stacked() {
  const Pages page(1);
  lock(page.at(0), 64);
  lock(page.at(0), 64);
  unlock(page.at(0), 64);
  return 0;
}

int zero_length() {
  const Pages page(1);
  lock(page.at(0), 32);
  unlock(page.at(100), 0);
  return 0;
}

int wrapped() {
  const Pages page(1);
  lock(page.at(0), 32);
  // length + offset in the page wraps around to 1: the kernel unlocks that one page.
  unlock(page.at(2), std::numeric_limits<std::size_t>::max());
  return 0;
}

int neighbours() {
  // 4096 on purpose, not the page size: code written for 4 KiB pages that meets larger ones.
  const Pages memory = Pages::aligned(8192, 65536);
  lock(memory.at(0), 4096);
  lock(memory.at(4096), 4096);
  unlock(memory.at(0), 4096);
  return 0;
}

int release_both() {
  const Pages page(1);
  lock(page.at(0), 32);
  lock(page.at(32), 32);
  unlock(page.at(0), 64);
  return 0;
}

int unlock_twice() {
  const Pages page(1);
  lock(page.at(0), 32);
  unlock(page.at(0), 32);
  unlock(page.at(0), 32);
  return 0;
}

int released() {
  const Pages page = two_keys();
  unlock(page.at(0), 32);
  unlock(page.at(100), 32);
  return 0;
}

int relocked() {
  const Pages page = two_keys();
  unlock(page.at(0), 32);
  lock(page.at(200), 32);
  return 0;
}

int stale() {
  const Pages page(1);
  lock(page.at(0), 32); // "freed" here without munlock: nobody can see that from outside
  lock(page.at(100), 32);
  unlock(page.at(100), 32);
  return 0;
}

} // namespace mlockscope::demo
