// The commands. Each returns the program's exit status.
#pragma once

#include "cli/options.hpp"

namespace mlockscope::cli {

[[nodiscard]] int trace(const CommonOptions&);
[[nodiscard]] int run(const RunOptions&);
[[nodiscard]] int replay(const ReplayOptions&);
[[nodiscard]] int doctor(bool verbose);

} // namespace mlockscope::cli
