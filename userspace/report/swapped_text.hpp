// What to say about bytes whose page was seen in swap.
#pragma once

#include "model/finding.hpp"

#include <string>

namespace mlockscope::report {

/// All between the heading of a `swapped` finding and who did it.
[[nodiscard]] std::string swapped_text(const model::Finding&);

} // namespace mlockscope::report
