// The rules of a platform, as a person reads them, with where each was read.
#pragma once

#include "model/platforms.hpp"

#include <string>

namespace mlockscope::report {

/// A headline and a line a rule; of those that are not stated anywhere only that.
[[nodiscard]] std::string rules_text(const model::Platform&);

} // namespace mlockscope::report
