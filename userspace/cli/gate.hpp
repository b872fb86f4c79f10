// The exit status that a CI job looks at.
#pragma once

#include "cli/options.hpp"

namespace mlockscope::cli {

/// What was seen, and why that may not be all.
struct Sight {
  std::optional<model::Severity> worst; ///< of the findings that were shown
  std::uint64_t lost = 0;
  std::string blindness{}; ///< another reason why findings may be missing; empty: none
};

/// 0, or the status for a finding that is severe enough, or for a view that was not complete: then
/// with a line that says so. Only asked if all else succeeded.
[[nodiscard]] int gate(const GateOptions&, const Sight&);

} // namespace mlockscope::cli
