// Page faults in words.
#pragma once

#include "model/finding.hpp"

#include <string>
#include <string_view>

namespace mlockscope::report {

/// "locked", "exposed".
[[nodiscard]] std::string_view word(model::FaultReading::Where);
/// "first-touch", "copy-on-write", "swap-in"; empty if unknown.
[[nodiscard]] std::string_view word(model::FaultReading::Cause);
/// "minor", "major".
[[nodiscard]] std::string_view weight_word(const model::FaultEvent&);

/// After who did it: "minor page fault at 0x7f00deadb064 on a locked page (first touch); lock of
/// 0x7f00deadb064-0x7f00deadb084, on pages 0x7f00deadb000-0x7f00deadc000".
[[nodiscard]] std::string fault_text(const model::FaultEvent&, const model::FaultReading&);

} // namespace mlockscope::report
