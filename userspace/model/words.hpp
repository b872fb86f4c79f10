// The exact words for the model's values, as the documents, JSON and metrics have them.
#pragma once

#include "model/finding.hpp"

namespace mlockscope::model {

[[nodiscard]] std::string_view word(Call);
[[nodiscard]] std::string_view word(Kind);
[[nodiscard]] std::string_view word(Severity);
[[nodiscard]] std::string_view word(Confidence);
[[nodiscard]] std::string_view word(Closed);
/// `unknown` where the interface has null.
[[nodiscard]] std::string_view word(KernelWord::Locked);

} // namespace mlockscope::model
