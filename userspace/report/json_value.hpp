// Pieces of NDJSON lines.
#pragma once

#include "model/finding.hpp"
#include "report/clock.hpp"
#include "report/text.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace mlockscope::report {

/// The value, or null if there is none.
template <class T>
[[nodiscard]] nlohmann::ordered_json json_optional(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

/// ["0x1000","0x2000"], or null.
template <class Tag>
[[nodiscard]] nlohmann::ordered_json json_range(const std::optional<model::Range<Tag>>& range) {
  if (!range) return nullptr;
  return nlohmann::ordered_json::array({hex(range->start), hex(range->end)});
}

/// The whole line of a call. Written by hand because there can be hundred thousands a second;
/// appends, and says what the library would have said for the same values.
void append_call(std::string& line, const model::CallEvent&, const model::CallReading&,
                 const Clock&);

} // namespace mlockscope::report
