// The page at `/`: what is wrong now, whether the tracer is well, and where the metrics are.
#pragma once

#include "metrics/snapshot.hpp"

#include <string>

namespace mlockscope::metrics {

/// One HTML page without scripts or foreign parts. `snapshot` may be null: not ready yet.
[[nodiscard]] std::string landing_page(const Snapshot* snapshot);

} // namespace mlockscope::metrics
