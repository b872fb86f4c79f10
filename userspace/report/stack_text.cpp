//   unlocked at
//     wipe+0x1f         keys.c:12    /usr/bin/demo
//     main+0x44         demo.c:90    /usr/bin/demo
#include "report/stack_text.hpp"

#include "report/json_value.hpp"
#include "report/place.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

std::string place_line(std::string_view what, const model::Stack& stack) {
  if (!place_index(stack)) return "";
  return fmt::format("    {:<9} {}\n", std::string(what) + ":", place_text(stack));
}

/// "wipe+0x1f (/usr/bin/demo) keys.c:12".
std::string frame_line(const model::Frame& frame) {
  const std::string where =
      frame.symbol ? fmt::format("{}+{:#x}", escape(*frame.symbol), frame.offset) : hex(frame.addr);
  std::string text = "      " + where;
  if (frame.module)
    text += frame.symbol ? fmt::format(" ({})", escape(*frame.module))
                         : fmt::format(" ({}+{:#x})", escape(*frame.module), frame.module_offset);
  if (frame.file) text += fmt::format(" {}:{}", escape(*frame.file), frame.line);
  return text + "\n";
}

std::string lines_of(std::string_view what, const model::Stack& stack) {
  const auto first = place_index(stack);
  if (!first) return "";
  std::string text = fmt::format("    {} at\n", what);
  std::size_t shown = 0;
  for (std::size_t i = *first; i < stack.size() && shown < frames_shown; ++i, ++shown)
    text += frame_line(stack[i]);
  const std::size_t more = stack.size() - *first - shown;
  return more == 0 ? text : text + "      and " + count_words(more, "more frame") + "\n";
}

} // namespace

std::string_view call_word(const model::Finding& finding) {
  if (finding.kind == model::Kind::lock_failed) return "failed";
  if (finding.kind == model::Kind::fork) return "forked";
  return "unlocked";
}

std::string place_lines(const model::Finding& finding, const Context& context) {
  return place_line(call_word(finding), context.call_stack) +
         place_line("locked", context.victim_stack);
}

std::string stack_lines(const model::Finding& finding, const Context& context) {
  return lines_of(call_word(finding), context.call_stack) +
         lines_of("locked", context.victim_stack);
}

Json json_frame(const model::Frame& frame) {
  return {{"addr", hex(frame.addr)},
          {"symbol", json_optional(frame.symbol)},
          {"offset", frame.symbol ? Json(frame.offset) : Json()},
          {"module", json_optional(frame.module)},
          {"module_offset", frame.module ? Json(hex(frame.module_offset)) : Json()},
          {"build_id", frame.build_id.empty() ? Json() : Json(hex_digits(frame.build_id))},
          {"file", json_optional(frame.file)},
          {"line", frame.line == 0 ? Json() : Json(frame.line)}};
}

Json json_stack(const model::Stack& stack) {
  if (stack.empty()) return nullptr;
  Json frames = Json::array();
  for (const model::Frame& frame : stack) frames.push_back(json_frame(frame));
  return frames;
}

} // namespace mlockscope::report
