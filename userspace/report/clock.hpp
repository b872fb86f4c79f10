// From the monotonic nanoseconds of events to a time a person or another program can use.
#pragma once

#include "model/finding.hpp"

#include <cstdint>
#include <string>

namespace mlockscope::report {

/// What to add to CLOCK_MONOTONIC to get nanoseconds since 1970 in UTC. Fixed for a whole run, so
/// that times keep their order and distance even if the system's clock is set meanwhile.
struct Clock {
  std::int64_t offset = 0;

  [[nodiscard]] static Clock of_this_system();
  [[nodiscard]] std::int64_t realtime(model::Time time) const {
    return static_cast<std::int64_t>(time + static_cast<std::uint64_t>(offset)); // may be nonsense
  }
};

/// RFC 3339 in UTC with nanoseconds, "2026-01-31T23:59:59.000000001Z". Appends.
void append_rfc3339(std::string& text, const Clock&, model::Time);
[[nodiscard]] std::string rfc3339(const Clock&, model::Time);

/// When what a finding tells happened: the call it is about, or that a page was seen in swap.
[[nodiscard]] inline model::Time time_of(const model::Finding& finding) {
  return finding.seen_in_swap.value_or(finding.call.time);
}

/// "23:59:59.001", UTC.
[[nodiscard]] std::string time_of_day(const Clock&, model::Time);

} // namespace mlockscope::report
