#include "demo/memory.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <future>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mlockscope::demo {
namespace {

/// Nothing of the parent's may go on in the child: neither an exception nor what exit() flushes.
[[noreturn]] void run_and_exit(const std::function<void()>& story) noexcept {
  try {
    story();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "  in the child: %s\n", error.what());
    ::_exit(1);
  }
  ::_exit(0);
}

} // namespace

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

Pages::Pages(std::size_t count, int flags) : Pages(count * page_size(), page_size(), flags) {}

Pages Pages::aligned(std::size_t length, std::size_t alignment) { return {length, alignment, 0}; }

Pages::Pages(std::size_t length, std::size_t alignment, int flags)
    : mapped_(length + (alignment > page_size() ? alignment : 0)) {
  void* const got =
      ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (got == MAP_FAILED) fail("mmap");
  mapping_ = static_cast<std::byte*>(got);
  const auto beyond = reinterpret_cast<std::uintptr_t>(got) % alignment;
  start_ = mapping_ + (beyond == 0 ? 0 : alignment - beyond);
}

Pages::Pages(Pages&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)), mapped_(std::exchange(other.mapped_, 0)),
      start_(std::exchange(other.start_, nullptr)) {}

Pages::~Pages() {
  if (mapping_ != nullptr) ::munmap(mapping_, mapped_);
}

void must(int result, const char* step) {
  if (result != 0) fail(step);
}

void write_secret(std::byte* at, std::size_t length) {
  std::memset(at, 0x5e, length);
  // The compiler must not find out that nobody reads it.
  asm volatile("" ::"r"(at) : "memory");
}

void write_secret(std::byte* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  asm volatile("" ::"r"(at) : "memory");
}

void sleep_for(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

void in_child(const std::function<void()>& story) {
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) run_and_exit(story);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  if (status != 0) throw std::runtime_error("the child failed");
}

void in_thread(const std::function<void()>& story) {
  std::async(std::launch::async, story).get(); // hands on what story throws
}

void fail(const char* step) { throw std::system_error(errno, std::generic_category(), step); }

void must_fail(const char* step) {
  throw std::runtime_error(std::string(step) + " went well and should not have");
}

} // namespace mlockscope::demo
