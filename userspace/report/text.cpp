#include "report/text.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <iterator>

namespace mlockscope::report {
namespace {

struct Decoded {
  char32_t character = 0;
  std::size_t length = 0; ///< 0: not UTF-8
};

/// The first character of a text that is not empty, by the table of well-formed sequences in
/// chapter 3 of the Unicode standard: no overlong forms, no surrogates, nothing over 10FFFF.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t character = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    character = character << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < least[length] || surrogate || character > 0x10FFFF) return {};
  return {character, length};
}

struct Span {
  char32_t first, last;
};

/// Controls; characters that show nothing; that change the direction of others; that end lines;
/// and those nobody has given a meaning to.
constexpr std::array hidden{
    Span{0x00, 0x1F},     Span{0x7F, 0x9F},     Span{0xAD, 0xAD},       Span{0x61C, 0x61C},
    Span{0x115F, 0x1160}, Span{0x17B4, 0x17B5}, Span{0x180B, 0x180F},   Span{0x200B, 0x200F},
    Span{0x2028, 0x202E}, Span{0x2060, 0x206F}, Span{0x2800, 0x2800},   Span{0x3164, 0x3164},
    Span{0xE000, 0xF8FF}, Span{0xFDD0, 0xFDEF}, Span{0xFE00, 0xFE0F},   Span{0xFEFF, 0xFEFF},
    Span{0xFFA0, 0xFFA0}, Span{0xFFF0, 0xFFFB}, Span{0x1D173, 0x1D17A}, Span{0xE0000, 0x10FFFF},
};

bool is_hidden(char32_t character) {
  if ((character & 0xFFFE) == 0xFFFE) return true;
  for (const Span span : hidden)
    if (span.first <= character && character <= span.last) return true;
  return false;
}

} // namespace

std::string escape(std::string_view hostile) {
  std::string shown;
  shown.reserve(hostile.size());
  const auto out = std::back_inserter(shown);
  while (!hostile.empty()) {
    const Decoded next = decode(hostile);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (next.length == 0 || next.character < 0x20 || next.character == 0x7F)
      fmt::format_to(out, "\\x{:02x}", static_cast<unsigned char>(hostile[0]));
    else if (next.character == '\\')
      shown += "\\\\";
    else if (is_hidden(next.character))
      fmt::format_to(out, "\\u{{{:x}}}", static_cast<std::uint32_t>(next.character));
    else
      shown += hostile.substr(0, length);
    hostile.remove_prefix(length);
  }
  return shown;
}

std::string size_words(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  std::uint64_t whole = bytes;
  while (whole != 0 && whole % 1024 == 0) {
    whole /= 1024;
    ++unit;
  }
  if (whole < 10000) return fmt::format("{} {}", whole, units[unit]);
  auto rounded = static_cast<double>(whole);
  while (rounded >= 1023.95 && unit + 1 < units.size()) {
    rounded /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", rounded, units[unit]);
}

std::string duration(std::uint64_t nanoseconds) {
  const auto value = static_cast<double>(nanoseconds);
  if (nanoseconds < 1000) return fmt::format("{} ns", nanoseconds);
  if (value < 999'950) return fmt::format("{:.1f} us", value / 1e3);
  if (value < 999'950'000) return fmt::format("{:.1f} ms", value / 1e6);
  if (value < 59'950'000'000) return fmt::format("{:.1f} s", value / 1e9);
  const std::uint64_t seconds = (nanoseconds + 500'000'000) / 1'000'000'000;
  const std::uint64_t minutes = seconds / 60;
  const std::uint64_t hours = minutes / 60;
  if (hours == 0) return fmt::format("{} min {} s", minutes, seconds % 60);
  if (hours < 48) return fmt::format("{} h {} min", hours, minutes % 60);
  return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string hex_digits(std::string_view bytes) {
  std::string digits;
  for (const char byte : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return digits;
}

std::string hex(model::Address address) { return fmt::format("{:#x}", address); }

std::string errno_name(int number) {
  const char* name = ::strerrorname_np(number);
  return name != nullptr ? name : fmt::format("errno {}", number);
}

int errno_of(std::int64_t ret) {
  // The kernel's MAX_ERRNO, include/linux/err.h.
  return ret < 0 && ret >= -4095 ? static_cast<int>(-ret) : 0;
}

std::string result_text(std::int64_t ret) {
  if (const int number = errno_of(ret)) return errno_name(number);
  return ret == 0 ? "0" : hex(static_cast<model::Address>(ret));
}

std::string count_words(std::uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

} // namespace mlockscope::report
