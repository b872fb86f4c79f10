// An entry of suppressions, made of a finding.
#include "report/suppressions.hpp"

#include "model/words.hpp"
#include "report/place.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::Frame;
using model::Kind;

constexpr std::size_t frames_given = 4;
constexpr std::size_t name_bytes = 256;

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

/// A pattern for a hostile name: what could end it or mean something becomes ?, the digits of a
/// hexadecimal number (an address, perhaps) *.
std::string pattern_for(std::string_view name) {
  std::string pattern;
  for (std::size_t i = 0; i < name.size() && pattern.size() < name_bytes; ++i) {
    const char c = name[i];
    const bool plain = c >= ' ' && c <= '~' && c != '"' && c != '*';
    pattern += plain ? c : '?';
    if (c != 'x' || i == 0 || name[i - 1] != '0') continue;
    pattern += '*';
    while (i + 1 < name.size() && is_hex_digit(name[i + 1])) ++i;
  }
  if (pattern.size() >= name_bytes) pattern += '*';
  const bool quotes = pattern.find_first_of(" #") != pattern.npos;
  return quotes ? '"' + pattern + '"' : pattern;
}

std::string frame_line(const Frame& frame) {
  const bool named = frame.symbol && !frame.symbol->empty();
  const bool placed = frame.module && !module_name(*frame.module).empty();
  if (!named && !placed) return "...";
  std::string line;
  if (named) line = "fun:" + pattern_for(*frame.symbol);
  if (placed) line += (named ? " module:" : "module:") + pattern_for(module_name(*frame.module));
  return line;
}

std::string stack_lines(std::string_view field, const model::Stack& stack) {
  const auto place = place_index(stack);
  if (!place) return {};
  std::string lines;
  const std::size_t end = std::min(stack.size(), *place + frames_given);
  for (std::size_t i = *place; i < end; ++i)
    lines += fmt::format("  {}: {}\n", field, frame_line(stack[i]));
  return lines;
}

std::string_view call_field(Kind kind) {
  if (kind == Kind::lock_failed) return "failed-by";
  return kind == Kind::fork ? "forked-by" : "unlocked-by";
}

} // namespace

std::string suppression_for(const model::Finding& finding, const Context& context) {
  std::string frames = stack_lines(call_field(finding.kind), context.call_stack);
  // A child's claims are many, and which one is listed first is chance.
  if (finding.kind != Kind::lock_failed && finding.kind != Kind::fork)
    frames += stack_lines("locked-by", context.victim_stack);
  const std::string_view comm = finding.call.caller.comm.view();
  std::string text = "{\n";
  if (frames.empty()) text += "  # no stack is known: this hides all of this kind in the program\n";
  text += fmt::format("  # name: why-it-is-harmless\n  kind: {}\n", word(finding.kind));
  text += fmt::format("  comm: {}\n", comm.empty() ? "\"\"" : pattern_for(comm));
  return text + frames + "}\n";
}

} // namespace mlockscope::report
