// A place that makes the same mistake again is shown once, and then counted.
#pragma once

#include "report/context.hpp"

#include <cstdint>

namespace mlockscope::report {

/// Whether a person wants to see each finding of a group.
enum class Every : std::uint8_t { no, yes };

enum class Showing : std::uint8_t {
  whole, ///< as it is
  count, ///< how many there have been
  nothing,
};

/// The first of a group, and those without a group, are shown. Of the others, the 10th, the 100th,
/// and so on tell that it goes on; the summary has the sums.
[[nodiscard]] constexpr Showing showing(const Context& context, Every every) {
  if (every == Every::yes || !context.group || context.nth <= 1) return Showing::whole;
  std::uint64_t rest = context.nth;
  while (rest % 10 == 0) rest /= 10;
  return rest == 1 ? Showing::count : Showing::nothing;
}

} // namespace mlockscope::report
