// Pieces that the texts of several kinds of findings share. All of them are lines, indented as a
// finding's text is.
#pragma once

#include "model/finding.hpp"

#include <string>
#include <string_view>

namespace mlockscope::report {

/// Nothing for an empty text.
[[nodiscard]] std::string paragraph(std::string_view text);

/// "    0x7f00deadb064-0x7f00deadb084", a line a range; of more than four the rest is counted.
[[nodiscard]] std::string exposed_lines(const model::Finding&);

/// Who made an earlier lock, and when: "    of mlock(0x7f00deadb064, 32), 1.2 ms before, by the
/// same thread". `site` is the call that undid it, `before` how to name that moment.
[[nodiscard]] std::string victim_lines(const model::Victim&, const model::CallSite& site,
                                       std::string_view before = "before");

} // namespace mlockscope::report
