// The executable mappings of a process: where the addresses of its code come from.
#pragma once

#include "model/process.hpp"
#include "util/result.hpp"

#include <vector>

namespace mlockscope::procfs {

/// Of ROOT/PID/maps, ascending; mappings without a file ([vdso], code made at run time) have an
/// inode of 0. At most `most_code` of them. The error is that the process is gone or may not be
/// read.
inline constexpr std::size_t most_code = 4096;
[[nodiscard]] util::Result<std::vector<model::CodeMapping>> read_code(const std::string& root,
                                                                      std::uint32_t pid);

/// The same from the text of a maps file. Lines that are none are passed over.
[[nodiscard]] std::vector<model::CodeMapping> parse_code(std::string_view maps);

} // namespace mlockscope::procfs
