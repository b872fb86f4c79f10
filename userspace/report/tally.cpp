#include "report/tally.hpp"

#include <algorithm>

namespace mlockscope::report {

void Tally::finding(const model::Finding& finding) {
  if (finding.confidence != model::Confidence::possible) ++severities_[finding.severity];
}

void Tally::exposure(const model::Exposure& exposure) {
  if (processes_.size() >= bound && !processes_.contains(exposure.space)) {
    ++others_;
    return;
  }
  const model::Time length = exposure.ended - exposure.opened;
  ProcessExposure& sum = processes_[exposure.space];
  sum.pid = exposure.pid;
  sum.comm = exposure.comm;
  sum.exposures += 1;
  sum.open += exposure.closed == model::Closed::open ? 1 : 0;
  sum.bytes += exposure.bytes;
  sum.longest = std::max(sum.longest, length);
  sum.byte_seconds += static_cast<double>(exposure.bytes) * static_cast<double>(length) / 1e9;
}

std::vector<ProcessExposure> Tally::worst() const {
  std::vector<ProcessExposure> sorted;
  sorted.reserve(processes_.size());
  for (const auto& [space, sum] : processes_) sorted.push_back(sum);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.byte_seconds > b.byte_seconds; });
  return sorted;
}

} // namespace mlockscope::report
