// Locks seen from other threads and processes, and what became of a page that was not locked.
#include "demo/demo.hpp"
#include "demo/memory.hpp"
#include "demo/stories.hpp"
#include "demo/swap.hpp"
#include "util/fd.hpp"

#include <cstdio>
#include <sys/mman.h>
#include <unistd.h>

namespace mlockscope::demo {
namespace {

using namespace std::chrono_literals;

/// Longer than the grace time that a child has to exec or exit.
constexpr auto long_life = 400ms;

} // namespace

int threads() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  in_thread([&] { must(::mlock(page.at(100), 32), "mlock"); });
  in_thread([&] { must(::munlock(page.at(0), 32), "munlock"); });
  return 0;
}

int forked() {
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  write_secret(page.at(0), 32);
  in_child([] { sleep_for(long_life); });
  must(::munlock(page.at(0), 32), "munlock");
  return 0;
}

int background() {
  int ends[2];
  if (::pipe(ends) != 0) fail("pipe");
  const util::Fd reading(ends[0]);
  util::Fd writing(ends[1]);
  in_child([] {
    const Pages page(1);
    must(::mlock(page.at(0), 32), "mlock");
    write_secret(page.at(0), 32);
    if (::fork() != 0) ::_exit(0);
    sleep_for(long_life); // the daemon: what it believes to be locked is not
    ::_exit(0);
  });
  writing.reset();
  char byte = 0;
  // The daemon has the other end: this returns when it is gone.
  if (::read(reading.get(), &byte, 1) < 0) fail("read");
  return 0;
}

int swapped() {
  if (!swap_active()) {
    std::fputs("  skipped: no swap is in use (see swapon(8))\n", stderr);
    return skipped;
  }
  const Pages page(1);
  must(::mlock(page.at(0), 32), "mlock");
  must(::mlock(page.at(100), 32), "mlock");
  write_secret(page.at(100), "this key was to stay in memory!!");
  must(::munlock(page.at(0), 32), "munlock");
  push_to_swap(page.at(0));
  sleep_for(long_life); // whoever looks for pages in swap now and then shall see it
  write_secret(page.at(100), 32);
  must(::munlock(page.at(100), 32), "munlock");
  return 0;
}

} // namespace mlockscope::demo
