// The page at `/`: what is wrong now, whether the tracer is well, and where the metrics are.
#pragma once

#include "metrics/snapshot.hpp"

#include <string>

namespace mlockscope::metrics {

/// One HTML page without scripts or foreign parts. `snapshot` may be null: not ready yet. Not
/// `fresh`: the tracer did not answer, and this is the last it said.
[[nodiscard]] std::string landing_page(const Snapshot* snapshot, bool fresh = true);

} // namespace mlockscope::metrics
