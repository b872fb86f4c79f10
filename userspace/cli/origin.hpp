// What a recording says about the machine it was made on.
#pragma once

#include "recording/entry.hpp"
#include "report/clock.hpp"

namespace mlockscope::cli {

/// Of this machine, now; what the tracing itself adds is left empty.
[[nodiscard]] recording::Origin origin_of_this_host(model::PageSize, const report::Clock&);

} // namespace mlockscope::cli
