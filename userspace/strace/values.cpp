#include "strace/values.hpp"

#include <algorithm>
#include <charconv>

namespace mlockscope::strace {
namespace {

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

/// Up to `most` digits off the front of `text`.
unsigned take_digits(std::string_view& text, std::size_t most, int base) {
  unsigned value = 0;
  std::size_t n = 0;
  for (; n < most && n < text.size() && digit_value(text[n]) < base; ++n)
    value = value * static_cast<unsigned>(base) + static_cast<unsigned>(digit_value(text[n]));
  text.remove_prefix(n);
  return value;
}

/// What follows a backslash: strace writes \t \n \v \f \r, octal digits, or \x and two hex digits.
char take_escape(std::string_view& text) {
  constexpr std::string_view letters = "tnvfr";
  constexpr std::string_view meant = "\t\n\v\f\r";
  const char c = text.front();
  if (const auto at = letters.find(c); at != std::string_view::npos) {
    text.remove_prefix(1);
    return meant[at];
  }
  if (c == 'x') {
    text.remove_prefix(1);
    return static_cast<char>(take_digits(text, 2, 16));
  }
  if (c >= '0' && c <= '7') return static_cast<char>(take_digits(text, 3, 8));
  text.remove_prefix(1);
  return c;
}

std::string take_bytes(std::string_view& text, std::size_t most, bool to_quote) {
  std::string bytes;
  while (!text.empty() && !(to_quote && text.front() == '"')) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) c = take_escape(text);
    if (bytes.size() < most) bytes += c;
  }
  return bytes;
}

/// Nothing but what strace adds to a value: "</dev/null>", "/* 12 vars */", "(deleted)".
bool is_decoration(std::string_view text) {
  return text.empty() || text.front() == '<' || text.front() == ' ';
}

} // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  text = trimmed(text);
  if (take(text, "NULL"))
    return is_decoration(text) ? std::optional<std::uint64_t>(0) : std::nullopt;
  const bool negative = take(text, "-");
  const int base = take(text, "0x") ? 16 : text.starts_with('0') ? 8 : 10;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (!is_decoration(text)) return std::nullopt;
  if (!negative) return value;
  if (value > std::uint64_t{1} << 63) return std::nullopt;
  return std::uint64_t{0} - value;
}

std::optional<std::uint64_t> read_flags(std::string_view text, std::span<const Word> known) {
  text = trimmed(text);
  if (const auto comment = text.find("/*"); comment != std::string_view::npos)
    text = trimmed(text.substr(0, comment));
  if (text.empty()) return std::nullopt;
  std::uint64_t flags = 0;
  while (!text.empty()) {
    const std::string_view word = trimmed(text.substr(0, text.find('|')));
    text.remove_prefix(std::min(
        text.size(), text.find('|') == std::string_view::npos ? text.size() : text.find('|') + 1));
    if (word.empty()) return std::nullopt;
    if (is_digit(word.front()) || word == "NULL") {
      // "21<<MAP_HUGE_SHIFT" has none of the flags asked for.
      if (word.find("<<") != std::string_view::npos) continue;
      const auto number = read_number(word);
      if (!number) return std::nullopt;
      flags |= *number;
      continue;
    }
    if (!std::all_of(word.begin(), word.end(), is_name)) return std::nullopt;
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Word& each) { return each.text == word; });
    if (found != known.end()) flags |= found->bits;
  }
  return flags;
}

std::optional<std::string> read_string(std::string_view text, std::size_t most) {
  text = trimmed(text);
  if (!take(text, "\"")) return std::nullopt;
  std::string bytes = take_bytes(text, most, true);
  if (text.empty()) return std::nullopt; // no quote at its end
  return bytes;
}

std::string unescaped(std::string_view text, std::size_t most) {
  return take_bytes(text, most, false);
}

} // namespace mlockscope::strace
