// The end of the way: whole lines into a file descriptor, and the one place that knows if they
// arrived.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mlockscope::report {

/// Holds lines back until flush() or until there are many. Everything written after a failure is
/// dropped, and the failure stays to be asked for. A program that wants EPIPE to be an error
/// instead of its end must ignore SIGPIPE.
class Writer {
public:
  Writer(util::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  Writer(Writer&&) noexcept = default;
  Writer& operator=(Writer&&) = delete;
  /// Flushes; whoever wants to know if that worked calls flush() first.
  ~Writer() { flush(); }

  enum class For { owner, everybody };
  /// Makes or empties a file. Unless asked otherwise only its owner can read a new one: findings
  /// tell addresses of processes. For everybody, the umask decides.
  [[nodiscard]] static util::Result<Writer> to_file(const std::string& path, For = For::owner);
  /// A descriptor of its own for an open one, say 1 for standard output.
  [[nodiscard]] static util::Result<Writer> to_descriptor(int fd, std::string name);

  /// One line or several, each with its newline.
  void write(std::string_view lines);
  void flush();

  /// A reader that does not read shall not hold up what comes at `fd`, signals for instance: while
  /// it is readable, flush() keeps what cannot be written at once.
  void interruptible_by(int fd) { interrupt_ = fd; }
  /// From here on a reader that does not read for a second is given up.
  void hurry() { patience_ = 1000; }

  /// It is known from elsewhere that what is written here is not all.
  void fail(util::Error error) { error_ = std::move(error); }

  [[nodiscard]] bool ok() const { return !error_; }
  /// The first failure; only if not ok().
  [[nodiscard]] const util::Error& error() const { return *error_; }
  [[nodiscard]] bool is_terminal() const;

private:
  void fail_with(int error_number);
  enum class Wait { writable, interrupted, in_vain };
  [[nodiscard]] Wait wait_until_writable() const;

  util::Fd fd_;
  std::string name_;
  std::string held_;
  int interrupt_ = -1;
  int patience_ = -1; ///< milliseconds; -1: any time
  std::optional<util::Error> error_;
};

} // namespace mlockscope::report
