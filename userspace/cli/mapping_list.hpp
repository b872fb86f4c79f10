// The mappings of a process, for probes that cannot list them themselves.
#pragma once

#include "capture/tracer.hpp"

namespace mlockscope::cli {

/// From /proc/PID/smaps.
[[nodiscard]] util::Result<std::vector<capture::Listed>> mappings_in_smaps(std::uint32_t pid);

} // namespace mlockscope::cli
