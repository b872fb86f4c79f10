// Files of /proc: they have no size, change while they are read, and vanish with their process.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <string>

namespace mlockscope::procfs {

/// The path of a file of one process: "ROOT/PID/NAME".
[[nodiscard]] std::string path_of(const std::string& root, std::uint32_t pid, const char* name);

/// The text of a file, read to its end, or until there are `enough` bytes of it.
[[nodiscard]] util::Result<std::string> read_text(const std::string& path,
                                                  std::size_t enough = SIZE_MAX);

} // namespace mlockscope::procfs
