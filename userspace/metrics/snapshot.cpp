#include "metrics/snapshot.hpp"

#include <algorithm>

namespace mlockscope::metrics {

void Durations::add(double length) {
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), length);
  ++counts[static_cast<std::size_t>(bound - bounds.begin())];
  seconds += length;
}

NameCounts& NameCounts::operator+=(const NameCounts& more) {
  for (std::size_t at = 0; at < findings.size(); ++at) findings[at] += more.findings[at];
  swapped += more.swapped;
  return *this;
}

NameHoldings& NameHoldings::operator+=(const NameHoldings& more) {
  spaces += more.spaces;
  claims += more.claims;
  claimed_bytes += more.claimed_bytes;
  locked_bytes += more.locked_bytes;
  exposures += more.exposures;
  exposed_bytes += more.exposed_bytes;
  return *this;
}

} // namespace mlockscope::metrics
