#pragma once

#include "util/result.hpp"

namespace mlockscope::cli {

/// Prints "mlockscope: ..." on stderr; the user's one line.
void complain(const util::Error&);

} // namespace mlockscope::cli
