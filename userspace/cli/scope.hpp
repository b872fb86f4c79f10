// From the processes a user names to the filters the probes have.
#pragma once

#include "capture/filters.hpp"
#include "cli/options.hpp"

namespace mlockscope::cli {

/// The error is the user's mistake: a pattern, user or cgroup that cannot be.
[[nodiscard]] util::Result<capture::Filters> filters_of(const ProcessOptions&);

} // namespace mlockscope::cli
