// Bytes, numbers and names as a person reads them. Nothing here trusts its input.
#pragma once

#include "model/memory.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mlockscope::report {

/// A text that can be shown in a terminal and read back: valid UTF-8 whose characters can be seen
/// stays; control characters, invalid bytes, and characters that hide, reorder or break text
/// become \xNN (bytes) or \u{N} (characters); a backslash becomes two.
[[nodiscard]] std::string escape(std::string_view hostile);

/// "32 B", "4 KiB", "9999 B", "12.1 KiB". Exact up to 9999 of the largest unit that divides it;
/// rounded beyond.
[[nodiscard]] std::string size_words(std::uint64_t bytes);

/// "850 ns", "1.2 ms", "3.4 s", "2 min 5 s", "3 h 20 min", "4 d 2 h".
[[nodiscard]] std::string duration(std::uint64_t nanoseconds);

/// "0x7f00deadb000".
[[nodiscard]] std::string hex(model::Address);
/// "3f2a": two digits a byte.
[[nodiscard]] std::string hex_digits(std::string_view bytes);
/// "0x7f00deadb064-0x7f00deadb084", half-open like the ranges of /proc/PID/maps.
template <class Tag> [[nodiscard]] std::string range_text(model::Range<Tag> range) {
  return hex(range.start) + "-" + hex(range.end);
}

/// "ENOMEM", or "errno 512" for a number without a name. Takes the positive number.
[[nodiscard]] std::string errno_name(int number);
/// What a system call returned: "0", "ENOMEM", or a positive value as hex.
[[nodiscard]] std::string result_text(std::int64_t ret);
/// The errno in a kernel's return value, or 0 if it is none.
[[nodiscard]] int errno_of(std::int64_t ret);

/// "1 lock", "2 locks".
[[nodiscard]] std::string count_words(std::uint64_t count, std::string_view thing);

} // namespace mlockscope::report
