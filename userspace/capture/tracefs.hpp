// Where tracepoint numbers are read from.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <fcntl.h>
#include <string>

namespace mlockscope::capture {

/// The kernel's tracefs, mounted by the host or not. Where it is not, it is opened without being
/// mounted (fsopen(2), fsmount(2)), so that nothing on the host changes.
class Tracefs {
public:
  static util::Result<Tracefs> open();

  /// The same once more, for somebody else to keep.
  [[nodiscard]] Tracefs again() const {
    return {util::Fd(::fcntl(root_.get(), F_DUPFD_CLOEXEC, 0)), place_};
  }

  /// The number perf_event_open(2) wants for `event`, as in "syscalls/sys_enter_mlock".
  /// Fails with ENOENT as cause if this kernel has no such event.
  [[nodiscard]] util::Result<int> event_id(const std::string& event) const;
  /// Where it was found, for people.
  [[nodiscard]] const std::string& place() const { return place_; }

private:
  Tracefs(util::Fd root, std::string place) : root_(std::move(root)), place_(std::move(place)) {}
  util::Fd root_;
  std::string place_;
};

} // namespace mlockscope::capture
