// The steps that stories are made of. A step that fails throws std::system_error: a story is a
// straight line of calls, and a check after each would hide what it tells.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

namespace mlockscope::demo {

/// Of the running kernel.
[[nodiscard]] std::size_t page_size();

/// Freshly mapped private pages, unmapped at the end. `flags` are added to those of mmap.
class Pages {
public:
  explicit Pages(std::size_t count, int flags = 0);
  /// `length` bytes that begin at a multiple of `alignment`.
  [[nodiscard]] static Pages aligned(std::size_t length, std::size_t alignment);
  Pages(Pages&&) noexcept;
  Pages& operator=(Pages&&) = delete;
  ~Pages();

  /// The address `offset` bytes behind the start.
  [[nodiscard]] std::byte* at(std::size_t offset) const { return start_ + offset; }

private:
  Pages(std::size_t length, std::size_t alignment, int flags);

  std::byte* mapping_ = nullptr;
  std::size_t mapped_ = 0;
  std::byte* start_ = nullptr;
};

/// For a call of mlock(2) and its like, which stand in the stories themselves so that findings name
/// their lines: throws the std::system_error of `errno` unless `result` is 0.
void must(int result, const char* step);
/// Writes something that looks like a secret.
void write_secret(std::byte* at, std::size_t length);
void write_secret(std::byte* at, std::string_view text);

void sleep_for(std::chrono::milliseconds);
/// Runs `story` in a forked child, which then exits; returns when it has. Throws if it failed.
void in_child(const std::function<void()>& story);
/// Runs `story` in another thread of this process; returns when it is done.
void in_thread(const std::function<void()>& story);

/// Throws the std::system_error of `errno`.
[[noreturn]] void fail(const char* step);
/// Throws: a step went well that must not.
[[noreturn]] void must_fail(const char* step);

} // namespace mlockscope::demo
