// Colours of a terminal, for severities only, and only when asked for.
#pragma once

#include "model/finding.hpp"

#include <string>

namespace mlockscope::report {

enum class Colour { off, on };

/// `text`, in the colour of `severity` if colours are on. Pad before painting: the codes have no
/// width on the screen but count as characters.
[[nodiscard]] inline std::string painted(std::string text, model::Severity severity,
                                         Colour colour) {
  if (colour == Colour::off || severity == model::Severity::low) return text;
  const char* code = severity == model::Severity::critical ? "\033[1;31m"
                     : severity == model::Severity::high   ? "\033[31m"
                                                           : "\033[33m";
  return code + std::move(text) + "\033[0m";
}

} // namespace mlockscope::report
