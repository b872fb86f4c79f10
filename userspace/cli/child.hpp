// The command of `mlockscope run`.
#pragma once

#include "cli/signals.hpp"
#include "util/fd.hpp"
#include "util/result.hpp"

#include <string>
#include <sys/types.h>
#include <vector>

namespace mlockscope::cli {

/// A process that waits before it executes the command, so that it can be traced from its first
/// instruction. Nothing of the tracer is left in it: descriptors are closed, signals are as before.
class Child {
public:
  /// As `user` (a name or number) if not empty: with that user's groups, and HOME, USER, LOGNAME
  /// and SHELL set accordingly.
  static util::Result<Child> spawn(const std::vector<std::string>& command, const std::string& user,
                                   const Signals&);

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Lets it go on. The errno of execve(2), or 0 once the command runs.
  [[nodiscard]] int release();
  /// Gives it up: it ends without having executed anything.
  void abandon();

private:
  Child(pid_t pid, util::Fd go, util::Fd report)
      : pid_(pid), go_(std::move(go)), report_(std::move(report)) {}
  pid_t pid_;
  util::Fd go_;     ///< a byte lets it go on, the end makes it end
  util::Fd report_; ///< an errno, or the end when execve(2) closes it
};

} // namespace mlockscope::cli
