#include "report/tally.hpp"

#include <algorithm>

namespace mlockscope::report {
namespace {

/// By `is_worse`; of equal ones the older address space stands first.
template <class Sum, class IsWorse>
std::vector<Sum> sorted(const std::map<model::SpaceId, Sum>& sums, IsWorse is_worse) {
  std::vector<Sum> all;
  all.reserve(sums.size());
  for (const auto& [space, sum] : sums) all.push_back(sum);
  std::stable_sort(all.begin(), all.end(), is_worse);
  return all;
}

} // namespace

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

void Tally::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  if (faults_.size() >= bound && !faults_.contains(event.space)) {
    ++other_faults_;
    return;
  }
  ProcessFaults& sum = faults_[event.space];
  sum.pid = event.caller.pid;
  sum.comm = event.caller.comm;
  const bool locked = reading.where == model::FaultReading::Where::locked;
  model::FaultCounts& counts = locked ? sum.locked : sum.exposed;
  ++(event.major ? counts.major : counts.minor);
}

std::vector<ProcessExposure> Tally::worst() const {
  return sorted(processes_,
                [](const auto& a, const auto& b) { return a.byte_seconds > b.byte_seconds; });
}

std::vector<ProcessFaults> Tally::busiest() const {
  return sorted(faults_, [](const auto& a, const auto& b) { return a.total() > b.total(); });
}

} // namespace mlockscope::report
