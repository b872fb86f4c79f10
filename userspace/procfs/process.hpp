// What /proc says about a process besides its memory: who it is and where it belongs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mlockscope::procfs {

/// One /proc. Every answer is of the moment it is asked, and may be about a later process of the
/// same pid; nothing at all if the process is gone or may not be read. All text is hostile.
class Proc {
public:
  explicit Proc(std::string root = "/proc") : root_(std::move(root)) {}

  [[nodiscard]] const std::string& root() const { return root_; }

  /// The program's path as the kernel gives it, with " (deleted)" where that is part of it.
  [[nodiscard]] std::optional<std::string> exe(std::uint32_t pid) const;
  [[nodiscard]] std::optional<std::string> comm(std::uint32_t pid) const;
  /// The cgroup's path below its mount point, see cgroup_of().
  [[nodiscard]] std::optional<std::string> cgroup(std::uint32_t pid) const;
  /// Children, grandchildren and so on, nearest first, without `pid` itself. A descendant whose
  /// parent has ended belongs to another process by then and is not found.
  [[nodiscard]] std::vector<std::uint32_t> descendants(std::uint32_t pid) const;

private:
  std::string root_;
};

/// The path to show, from the text of /proc/PID/cgroup: that of the v2 line (`0::`), unless it is
/// missing or "/" and a v1 hierarchy knows a longer one.
[[nodiscard]] std::optional<std::string> cgroup_of(std::string_view text);

} // namespace mlockscope::procfs
