#include "demo/swap.hpp"

#include "demo/memory.hpp"
#include "util/fd.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21 // Linux 5.4, newer than some C libraries
#endif

namespace mlockscope::demo {
namespace {

/// Bit 62 of a page's entry in /proc/PID/pagemap; a process may read its own.
bool in_swap(const std::byte* page) {
  const util::Fd pagemap(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!pagemap) fail("open /proc/self/pagemap");
  std::uint64_t entry = 0;
  const auto index = reinterpret_cast<std::uintptr_t>(page) / page_size();
  const auto got =
      ::pread(pagemap.get(), &entry, sizeof entry, static_cast<off_t>(index * sizeof entry));
  if (got != static_cast<ssize_t>(sizeof entry)) fail("read /proc/self/pagemap");
  return ((entry >> 62) & 1) != 0;
}

} // namespace

bool swap_active() {
  std::FILE* const file = std::fopen("/proc/swaps", "re");
  if (file == nullptr) return false;
  int lines = 0; // the first is the heading
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) lines += c == '\n';
  std::fclose(file);
  return lines > 1;
}

void push_to_swap(std::byte* page) {
  using namespace std::chrono_literals;
  // A page that was locked a moment ago may still sit in another CPU's batch: ask again.
  for (int tries = 0; tries < 100; ++tries) {
    if (::madvise(page, page_size(), MADV_PAGEOUT) != 0) fail("madvise(MADV_PAGEOUT)");
    if (in_swap(page)) return;
    sleep_for(20ms);
  }
  errno = ENOMEM; // full, or this control group may not swap
  fail("the page does not go to swap");
}

} // namespace mlockscope::demo
