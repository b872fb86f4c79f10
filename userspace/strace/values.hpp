// Single values as strace prints them: numbers, flags, strings.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mlockscope::strace {

/// "NULL", "4096", "0x7f00", "0600", "-1" (as the 64 bits of it), each also with "<path>" of -y or
/// a comment behind it. Nothing if it is something else or does not fit in 64 bits.
[[nodiscard]] std::optional<std::uint64_t> read_number(std::string_view text);

struct Word {
  std::string_view text;
  std::uint64_t bits = 0;
};

/// "MCL_CURRENT|MCL_FUTURE", "0x3", "0x3 /* MCL_CURRENT|MCL_FUTURE */", "IPC_CREAT|0600". Words
/// that `known` does not have are taken as no bits; nothing if there is no value at all.
[[nodiscard]] std::optional<std::uint64_t> read_flags(std::string_view text,
                                                      std::span<const Word> known);

/// The bytes of a quoted string with escapes as in C, at most `most` of them. Nothing if `text`
/// does not begin with one; what comes behind it ("...", for one that was cut) does not matter.
[[nodiscard]] std::optional<std::string> read_string(std::string_view text, std::size_t most);

/// The same without the quotes, up to the end of `text`.
[[nodiscard]] std::string unescaped(std::string_view text, std::size_t most);

/// The error number of "ENOMEM", or of "ERESTARTSYS"; nothing for a name that is not known.
[[nodiscard]] std::optional<std::int64_t> errno_of(std::string_view name);

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/// `text` without blanks at its ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Takes `prefix` off the front of `text`; false if it does not begin so.
inline bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

} // namespace mlockscope::strace
