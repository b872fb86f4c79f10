// The commands. Each returns the program's exit status.
#pragma once

#include "cli/options.hpp"

#include <string>

namespace mlockscope::cli {

[[nodiscard]] int trace(const CommonOptions&);
[[nodiscard]] int run(const RunOptions&);
[[nodiscard]] int replay(const ReplayOptions&);
[[nodiscard]] int doctor(bool verbose);
/// What a kind of finding means, and what helps.
[[nodiscard]] int explain(const std::string& kind);

} // namespace mlockscope::cli
