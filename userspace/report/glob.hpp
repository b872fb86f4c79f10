// Patterns of names: `*` is any text, `?` any one byte.
#pragma once

#include <string_view>

namespace mlockscope::report {

/// Whether the whole text fits. Takes at most (bytes of the pattern) x (bytes of the text) steps,
/// whatever both hold; fnmatch(3) can take exponentially many.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

} // namespace mlockscope::report
