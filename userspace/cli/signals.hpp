// Signals as data: blocked, and read from a descriptor.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <csignal>
#include <optional>
#include <sys/signalfd.h>

namespace mlockscope::cli {

/// Blocks the signals that end or concern a tracer, from construction to destruction.
class Signals {
public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next signal that came, if any.
  [[nodiscard]] std::optional<signalfd_siginfo> next();
  /// The mask as it was: for a child before it executes another program.
  [[nodiscard]] const sigset_t& old_mask() const { return old_; }

private:
  sigset_t old_{};
  util::Fd fd_;
};

/// Ends this process by `signal`, as if it had not been caught; without a core file.
[[noreturn]] void die_by(int signal);

} // namespace mlockscope::cli
