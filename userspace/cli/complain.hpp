#pragma once

#include "util/result.hpp"

namespace mlockscope::cli {

/// "mlockscope: ...\n", the user's one line.
[[nodiscard]] std::string complaint(const util::Error&);
/// Prints "mlockscope: ..." on stderr.
void complain(const util::Error&);

} // namespace mlockscope::cli
