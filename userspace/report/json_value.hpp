// Pieces of NDJSON lines, and the lines that are long.
#pragma once

#include "model/finding.hpp"
#include "report/clock.hpp"
#include "report/sink.hpp"
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

/// The object of a finding. Of what a child inherited, at most this many ranges are listed: a
/// process can have millions of locks, and forks as often as it likes.
constexpr std::size_t inherited_ranges_listed = 1024;
/// Every kind is there, also with 0.
[[nodiscard]] nlohmann::ordered_json
findings_json(const std::map<model::Kind, std::uint64_t>& counts);
/// {"munlock": {"EINVAL": 3}}
[[nodiscard]] nlohmann::ordered_json refused_json(const Refused&);
[[nodiscard]] nlohmann::ordered_json json_finding(const model::Finding&, const Context&,
                                                  std::optional<model::PageSize>, const Clock&);

/// The object of the summary. It lists at most so many processes with exposures, and groups.
constexpr std::size_t processes_listed = 100;
constexpr std::size_t groups_listed = 1000;
[[nodiscard]] nlohmann::ordered_json json_summary(const Summary&, const Clock&);

/// The whole line of a call or a fault. Written by hand because there can be hundred thousands a
/// second; appends, and says what the library would have said for the same values.
void append_call(std::string& line, const model::CallEvent&, const model::CallReading&,
                 const Clock&);
void append_fault(std::string& line, const model::FaultEvent&, const model::FaultReading&,
                  const Clock&);

} // namespace mlockscope::report
