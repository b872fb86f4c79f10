#include "capture/glob.hpp"

#include <bitset>

namespace mlockscope::capture {
namespace {

using CharSet = std::bitset<256>;

constexpr auto code(char c) { return static_cast<unsigned char>(c); }

/// Reads the class that starts behind `[`; moves `at` behind the `]`.
std::optional<CharSet> read_class(std::string_view pattern, std::size_t& at) {
  CharSet set;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  for (const std::size_t first = at; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at != first) {
      ++at;
      return negated ? ~set : set;
    }
    unsigned last = code(pattern[at]);
    const unsigned from = last;
    if (at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
      at += 2;
      last = code(pattern[at]);
    }
    for (unsigned c = from; c <= last; ++c) set.set(c);
  }
  return std::nullopt;
}

/// Reads one item that stands for one character.
std::optional<CharSet> read_item(std::string_view pattern, std::size_t& at) {
  CharSet set;
  char c = pattern[at++];
  if (c == '[') return read_class(pattern, at);
  if (c == '?') return set.set();
  if (c == '\\' && at < pattern.size()) c = pattern[at++];
  return set.set(code(c));
}

} // namespace

std::optional<Glob> compile_glob(std::string_view pattern) {
  Glob glob;
  glob.used = 1;
  unsigned items = 0;
  bool after_star = false;
  for (std::size_t at = 0; at < pattern.size();) {
    if (items >= max_glob_items) return std::nullopt;
    if (pattern[at] == '*') {
      ++at;
      if (after_star) continue; // ** is *, and the automaton takes one step over stars only
      after_star = true;
      glob.star |= 1u << items++;
      continue;
    }
    after_star = false;
    const auto set = read_item(pattern, at);
    if (!set) return std::nullopt;
    for (unsigned c = 0; c < 256; ++c)
      if (set->test(c)) glob.accept[c] |= 1u << items;
    ++items;
  }
  if (items == 0) return std::nullopt;
  glob.final = 1u << items;
  return glob;
}

bool matches(const Glob& glob, std::string_view text) {
  std::uint32_t states = 1 | ((glob.star & 1) << 1);
  for (const char c : text) {
    states = ((states & glob.accept[code(c)]) << 1) | (states & glob.star);
    states |= (states & glob.star) << 1;
  }
  return (states & glob.final) != 0;
}

} // namespace mlockscope::capture
