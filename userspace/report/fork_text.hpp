// What to say about a child that got unlocked copies of locked bytes.
#pragma once

#include "model/finding.hpp"

#include <string>

namespace mlockscope::report {

/// All between the heading of a `fork` finding and who did it.
[[nodiscard]] std::string fork_text(const model::Finding&);

} // namespace mlockscope::report
