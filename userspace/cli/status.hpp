// Exit statuses: promises that scripts hold us to.
#pragma once

namespace mlockscope::cli {

inline constexpr int status_done = 0;
inline constexpr int status_output_failed = 1; ///< what was found could not be written
inline constexpr int status_bad_input = 1; ///< a recording or log that cannot be read to its end
inline constexpr int status_usage = 2;
inline constexpr int status_impossible = 3;       ///< not permitted, or not possible here
inline constexpr int status_findings = 99;        ///< default of --error-exitcode
inline constexpr int status_not_executable = 126; ///< as shells say it
inline constexpr int status_not_found = 127;

} // namespace mlockscope::cli
