// Where in the code, in words and as JSON.
#pragma once

#include "model/finding.hpp"
#include "report/context.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mlockscope::report {

/// What was done at the place of the call: "unlocked", "forked", "failed".
[[nodiscard]] std::string_view call_word(const model::Finding&);

/// Two lines at most, nothing for what is not known:
///   "    unlocked: keys.c:12 in wipe\n    locked:   keys.c:40 in load\n"
[[nodiscard]] std::string place_lines(const model::Finding&, const Context&);

/// Both stacks, a line a frame, from the place that a person means on. At most `frames_shown`.
[[nodiscard]] std::string stack_lines(const model::Finding&, const Context&);
constexpr std::size_t frames_shown = 16;

/// [{"addr":"0x…","symbol":…,"offset":…,"module":…,"file":…,"line":…}], or null if not captured.
[[nodiscard]] nlohmann::ordered_json json_stack(const model::Stack&);
[[nodiscard]] nlohmann::ordered_json json_frame(const model::Frame&);

} // namespace mlockscope::report
