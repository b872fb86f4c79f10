#include "procfs/pagemap.hpp"

#include "fake_proc.hpp"
#include "support/catch.hpp"

#include <csignal>
#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

using namespace mlockscope;
using model::PageRange;
using procfs::Pagemap;
using Pages = std::vector<PageRange>;

namespace {

constexpr std::uint64_t swapped = 1ull << 62;
constexpr std::uint64_t present = 1ull << 63;

std::uint64_t page_bytes() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

/// Pages of this process that nobody else has, and that are there.
class OwnPages {
public:
  explicit OwnPages(std::size_t count) : size_(count * page_bytes()) {
    memory_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory_ != MAP_FAILED);
    std::memset(memory_, 1, size_);
  }
  OwnPages(const OwnPages&) = delete;
  ~OwnPages() { ::munmap(memory_, size_); }
  [[nodiscard]] PageRange range() const {
    const auto start = reinterpret_cast<std::uintptr_t>(memory_);
    return {start, start + size_};
  }

private:
  std::size_t size_;
  void* memory_ = nullptr;
};

util::Result<Pagemap> pagemap_of(pid_t pid) {
  return Pagemap::open("/proc", static_cast<std::uint32_t>(pid), model::PageSize(page_bytes()));
}

/// A pagemap of these entries, one for each page of 4 KiB from address 0 on.
Pagemap fake_pagemap(const FakeProc& fake, const std::vector<std::uint64_t>& entries) {
  fake.file(7, "pagemap",
            {reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(entries[0])});
  auto opened = Pagemap::open(fake.root(), 7, model::PageSize(4096));
  REQUIRE(opened);
  return opened.take();
}

Pages found_in(const Pagemap& pagemap, PageRange range) {
  Pages found;
  REQUIRE(pagemap.in_swap(range, found));
  return found;
}

/// A child that waits until it is told to end.
class Child {
public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
    REQUIRE(pid_ > 0);
  }
  Child(const Child&) = delete;
  ~Child() { end(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void end() {
    if (std::exchange(ended_, true)) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

private:
  pid_t pid_;
  bool ended_ = false;
};

} // namespace

TEST_CASE("pages in swap are those with bit 62, ascending and merged") {
  const FakeProc fake;
  const Pagemap pagemap =
      fake_pagemap(fake, {swapped, present, 0, swapped | 77, swapped, ~swapped, swapped});
  CHECK(found_in(pagemap, {0, 7 * 4096}) ==
        Pages{{0, 4096}, {3 * 4096, 5 * 4096}, {6 * 4096, 7 * 4096}});
}

TEST_CASE("pages outside the range are not looked at") {
  const FakeProc fake;
  const Pagemap pagemap = fake_pagemap(fake, {swapped, swapped, swapped, swapped});
  CHECK(found_in(pagemap, {4096, 3 * 4096}) == Pages{{4096, 3 * 4096}});
  CHECK(found_in(pagemap, {4096, 4096}).empty());
}

TEST_CASE("what was found before stays, and neighbours are merged with it") {
  const FakeProc fake;
  const Pagemap pagemap = fake_pagemap(fake, {swapped, swapped, present, swapped});
  Pages found;
  REQUIRE(pagemap.in_swap({0, 4096}, found));
  REQUIRE(pagemap.in_swap({4096, 4 * 4096}, found));
  CHECK(found == Pages{{0, 2 * 4096}, {3 * 4096, 4 * 4096}});
}

TEST_CASE("a long range is read in pieces") {
  const FakeProc fake;
  std::vector<std::uint64_t> entries(3000, present);
  for (const std::size_t n : {0u, 511u, 512u, 513u, 1024u, 2999u}) entries[n] = swapped;
  const Pagemap pagemap = fake_pagemap(fake, entries);
  CHECK(found_in(pagemap, {0, 3000 * 4096}) == Pages{{0, 4096},
                                                     {511 * 4096, 514 * 4096},
                                                     {1024 * 4096, 1025 * 4096},
                                                     {2999 * 4096, 3000 * 4096}});
}

TEST_CASE("a range past the end cannot be read to its end") {
  const FakeProc fake;
  const Pagemap pagemap = fake_pagemap(fake, {swapped, present});
  Pages found;
  CHECK_FALSE(pagemap.in_swap({0, 3 * 4096}, found));
  CHECK_FALSE(pagemap.in_swap({8 * 4096, 9 * 4096}, found));
}

TEST_CASE("pages that this process has just written are not in swap") {
  const OwnPages pages(1000);
  const auto pagemap = pagemap_of(::getpid());
  REQUIRE(pagemap);
  CHECK(found_in(pagemap.value(), pages.range()).empty());
}

TEST_CASE("a range where nothing is mapped is not in swap") {
  const auto pagemap = pagemap_of(::getpid());
  REQUIRE(pagemap);
  CHECK(found_in(pagemap.value(), {0, page_bytes()}).empty());
}

TEST_CASE("no process has pages at addresses of the kernel") {
  const auto pagemap = pagemap_of(::getpid());
  REQUIRE(pagemap);
  const model::Address last = ~model::Address{0} - 2 * page_bytes() + 1;
  Pages found;
  CHECK_FALSE(pagemap.value().in_swap({last, last + page_bytes()}, found));
  CHECK(found.empty());
}

TEST_CASE("a process that does not exist has no pagemap") {
  const auto pagemap = pagemap_of(0x7fffffff); // more than any pid_max
  REQUIRE_FALSE(pagemap);
  CHECK(pagemap.error().message().find("/proc/2147483647/pagemap") != std::string::npos);
}

TEST_CASE("the pagemap of a process that has ended says so") {
  const OwnPages pages(1);
  Child child;
  const auto pagemap = pagemap_of(child.pid());
  REQUIRE(pagemap);
  CHECK(found_in(pagemap.value(), pages.range()).empty()); // it has a copy
  child.end();
  Pages found;
  CHECK_FALSE(pagemap.value().in_swap(pages.range(), found));
  CHECK(found.empty());
}
