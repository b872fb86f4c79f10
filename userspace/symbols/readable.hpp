// Names as a programmer writes them.
#pragma once

#include <string>
#include <string_view>

namespace mlockscope::symbols {

/// A C++ name demangled, an old Rust name without its hash; others as they are. At most
/// most_symbol bytes, not cut within a character of UTF-8.
[[nodiscard]] std::string readable(std::string_view symbol);

/// The text, cut to at most so many bytes between two characters.
[[nodiscard]] std::string bounded(std::string_view text, std::size_t most);

} // namespace mlockscope::symbols
