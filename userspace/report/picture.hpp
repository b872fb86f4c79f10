// The pages of one munlock as a drawing.
#pragma once

#include "model/finding.hpp"

#include <string>

namespace mlockscope::report {

/// Three bars over the applied range, to scale, what is small at least one mark wide:
///
///     asked for |=                                               | 32 B
///      unlocked |------------------------------------------------| 4 KiB
///       exposed | #                                              | 32 B
///
/// Empty if the finding has no applied range or exposes nothing.
[[nodiscard]] std::string picture(const model::Finding&);

} // namespace mlockscope::report
