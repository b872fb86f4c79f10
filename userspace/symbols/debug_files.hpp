// Where debug information that was split off a program can be: by build id and by debug link, as
// GDB's manual, "Debugging Information in Separate Files", has it.
#pragma once

#include "symbols/safe_open.hpp"

#include <string_view>

namespace mlockscope::symbols {

/// Both try place `attempt` of debug_places: even ones in the root of the process whose folder of
/// /proc this is, odd ones in ours. Nothing there, or a name that is none: nothing.

/// /usr/lib/debug/.build-id/xx/yyyy.debug
[[nodiscard]] std::optional<Opened> open_by_build_id(int process, std::string_view build_id,
                                                     std::uint32_t attempt);
/// `name` beside the program, in .debug beside it, in /usr/lib/debug and the program's folder.
/// `program` is an absolute path; `name` must be a plain file name.
[[nodiscard]] std::optional<Opened> open_by_link(int process, const std::string& program,
                                                 std::string_view name, std::uint32_t attempt);

} // namespace mlockscope::symbols
