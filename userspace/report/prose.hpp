// Findings in plain words, for a reader who has never heard of page rounding.
#pragma once

#include "model/finding.hpp"

#include <string>
#include <string_view>

namespace mlockscope::report {

/// What happened, after the name of the program: "unlocked bytes of another lock on the same page".
[[nodiscard]] std::string_view what_happened(model::Kind);
/// The same, where more than the kind is known.
[[nodiscard]] std::string_view what_happened(const model::Finding&);
/// The three that follow are about munlock. lock-failed, fork and swapped depend on more than the
/// kind: lock_failure.hpp, fork_text.hpp, swapped_text.hpp.
/// Why Linux lets it happen. One or two sentences.
[[nodiscard]] std::string_view why_it_happens(model::Kind);
/// What the author of the program can do, after "What helps:".
[[nodiscard]] std::string_view what_helps(model::Kind);
/// How sure the finding is, and from what. One sentence.
[[nodiscard]] std::string_view how_sure(model::Confidence);
/// How an exposure ended, after "32 B".
[[nodiscard]] std::string_view how_it_closed(model::Closed);

/// Breaks a text at spaces into lines of at most `width` columns, each after `indent` spaces and
/// with a newline; following lines are indented by `hang` more. A longer word gets its own line.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t hang = 0,
                                  std::size_t width = 79);

} // namespace mlockscope::report
