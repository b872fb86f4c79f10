// What a kind of finding means, for somebody who meets it for the first time.
#pragma once

#include "model/finding.hpp"

#include <string>
#include <string_view>

namespace mlockscope::report {

/// The parts of an explanation. Plain sentences; a blank line parts paragraphs.
struct Explanation {
  std::string_view title; ///< a few words
  std::string_view meaning;
  std::string_view harm;    ///< why it matters
  std::string_view example; ///< a whole C program that gives such a finding
  std::string_view remedy;  ///< what to do about it
  std::string_view code;    ///< C that does it; compiles by itself, has no main()
};

[[nodiscard]] const Explanation& explanation(model::Kind);

/// What `mlockscope explain KIND` prints: at most 79 columns, ends with a newline.
[[nodiscard]] std::string explain(model::Kind);
/// The same as Markdown, without the title.
[[nodiscard]] std::string explain_markdown(model::Kind);
/// The same, in plain text without code: meaning, harm and remedy.
[[nodiscard]] std::string explain_briefly(model::Kind);

} // namespace mlockscope::report
