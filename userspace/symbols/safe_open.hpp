// Opens files that traced processes have chosen, without being harmed by what they turn out to be.
//
// open(2) of a FIFO waits, of a terminal can take it over, of a device can do anything. So a file
// is first opened with O_PATH, which does nothing to it, and only a regular file is opened again
// to be read. Paths inside another root are walked by openat2(2) with RESOLVE_IN_ROOT: neither an
// absolute symbolic link nor ".." leads out of it.
#pragma once

#include "util/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mlockscope::symbols {

/// The largest file that is opened, bytes.
inline constexpr std::uint64_t most_file = std::uint64_t{4} << 30;

struct Opened {
  util::Fd fd;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t owner = 0;
};

/// The file that a name below `folder` (of /proc, so links are the kernel's) leads to.
[[nodiscard]] std::optional<Opened> open_in_proc(int folder, const std::string& name);
/// `path` as a process with the root directory `root` sees it. Magic links are not followed.
[[nodiscard]] std::optional<Opened> open_inside(int root, const std::string& path);
/// The root directory of the process whose folder of /proc this is, opened with O_PATH.
[[nodiscard]] util::Fd root_of(int process);

} // namespace mlockscope::symbols
