// Signals as data: blocked, and read from a descriptor.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <csignal>
#include <optional>
#include <sys/signalfd.h>

namespace mlockscope::cli {

/// From construction to destruction, the signals that end or concern a tracer are blocked and come
/// as data. Those that were ignored stay so, as nohup(1) and shells want it; but for SIGCHLD,
/// without which nobody hears of the end of a command. SIGPIPE is ignored: a closed output is an
/// error.
class Signals {
public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The next signal that came, if any.
  [[nodiscard]] std::optional<signalfd_siginfo> next();
  /// Everything as it was: for a child before it executes another program.
  void restore() const;

private:
  sigset_t old_mask_{};
  struct sigaction old_child_ {};
  struct sigaction old_pipe_ {};
  util::Fd fd_;
};

/// Ends this process by `signal`, as if it had not been caught; without a core file.
[[noreturn]] void die_by(int signal);

} // namespace mlockscope::cli
