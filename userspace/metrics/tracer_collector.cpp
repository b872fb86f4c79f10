#include "metrics/tracer_collector.hpp"

#include "metrics/family.hpp"
#include "model/words.hpp"
#include "report/text.hpp"

#include <cerrno>
#include <limits>

namespace mlockscope::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

template <class Value> double number(Value value) { return static_cast<double>(value); }

std::string text(std::string_view word) { return std::string(word); }

double seconds(WallTime time) { return number(time) / 1e9; }

void add_calls(Families& all, const Snapshot& snapshot) {
  Family calls(Metric::calls), inside(Metric::call_seconds);
  Family requested(Metric::requested_bytes), applied(Metric::applied_bytes);
  for (std::size_t at = 0; at < snapshot.calls.size(); ++at) {
    const auto call = static_cast<model::Call>(at);
    const CallSums& sums = snapshot.calls[at];
    const std::string name = text(word(call));
    calls.add(number(sums.succeeded), {name, "ok"});
    std::map<int, std::uint64_t> failed = sums.failed;
    if (call <= model::Call::mlockall)
      for (const int usual : {EPERM, EAGAIN, ENOMEM, EINVAL}) failed.try_emplace(usual, 0);
    for (const auto& [error, count] : failed)
      calls.add(number(count), {name, report::errno_name(error)});
    inside.add(number(sums.inside) / 1e9, {name});
    using model::Call;
    if (call != Call::mlock && call != Call::mlock2 && call != Call::munlock && call != Call::mmap)
      continue;
    requested.add(number(sums.requested_bytes), {name});
    applied.add(number(sums.applied_bytes), {name});
  }
  for (Family* each : {&calls, &inside, &requested, &applied}) all.push_back(each->take());
}

prometheus::ClientMetric::Histogram histogram_of(const Durations& durations) {
  prometheus::ClientMetric::Histogram histogram;
  for (std::size_t at = 0; at < durations.counts.size(); ++at) {
    histogram.sample_count += durations.counts[at];
    const double bound = at < Durations::bounds.size() ? Durations::bounds[at]
                                                       : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = durations.seconds;
  return histogram;
}

void add_durations(Families& all, const Snapshot& snapshot) {
  Family durations(Metric::exposure_seconds);
  for (std::size_t at = 0; at < snapshot.durations.size(); ++at)
    durations.add(histogram_of(snapshot.durations[at]),
                  {text(word(static_cast<model::Closed>(at)))});
  all.push_back(durations.take());
}

LabelValues with(const Verdict& verdict, const std::vector<std::string>& labels) {
  LabelValues values{text(word(verdict.kind)), text(word(verdict.severity))};
  values.insert(values.end(), labels.begin(), labels.end());
  return values;
}

/// `other` has all series from the start; a name has a counter from its first count on.
void add_name_counters(Families& all, const Snapshot& snapshot) {
  Family findings(Metric::findings, snapshot.more_labels);
  Family swapped(Metric::swapped_exposures, snapshot.more_labels);
  bool is_other = true;
  for (const NameRow& row : snapshot.names) {
    for (std::size_t at = 0; at < verdicts.size(); ++at)
      if (row.counts.findings[at] != 0 || is_other)
        findings.add(number(row.counts.findings[at]), with(verdicts[at], row.labels));
    if (row.counts.swapped != 0 || is_other) swapped.add(number(row.counts.swapped), row.labels);
    is_other = false;
  }
  all.push_back(findings.take());
  all.push_back(swapped.take());
}

/// A name has these while it has live address spaces that hold something.
void add_name_gauges(Families& all, const Snapshot& snapshot) {
  const std::array columns{
      std::pair{Metric::exposures, &NameHoldings::exposures},
      std::pair{Metric::exposed_bytes, &NameHoldings::exposed_bytes},
      std::pair{Metric::claims, &NameHoldings::claims},
      std::pair{Metric::claimed_bytes, &NameHoldings::claimed_bytes},
      std::pair{Metric::locked_bytes, &NameHoldings::locked_bytes},
  };
  for (const auto& [metric, column] : columns) {
    Family family(metric, snapshot.more_labels);
    bool is_other = true;
    for (const NameRow& row : snapshot.names) {
      if (row.holdings.spaces != 0 || is_other)
        family.add(number(row.holdings.*column), row.labels);
      is_other = false;
    }
    all.push_back(family.take());
  }
}

void add_last_findings(Families& all, const Snapshot& snapshot) {
  Family last(Metric::last_finding_timestamp);
  for (std::size_t at = 0; at < verdicts.size(); ++at)
    last.add(seconds(snapshot.last_finding[at]), with(verdicts[at], {}));
  all.push_back(last.take());
}

void add_totals(Families& all, const Snapshot& snapshot) {
  const model::Totals& totals = snapshot.totals;
  Family faults(Metric::faults);
  faults.add(number(totals.locked_faults.minor), {"locked", "minor"});
  faults.add(number(totals.locked_faults.major), {"locked", "major"});
  faults.add(number(totals.exposed_faults.minor), {"exposed", "minor"});
  faults.add(number(totals.exposed_faults.major), {"exposed", "major"});
  all.push_back(faults.take());
  for (const auto& [metric, count] : {
           std::pair{Metric::possible_findings, totals.possible},
           std::pair{Metric::unlocks_without_lock, totals.unlocks_without_lock},
           std::pair{Metric::address_spaces, totals.address_spaces},
           std::pair{Metric::address_spaces_incomplete, snapshot.incomplete},
           std::pair{Metric::events, totals.events},
           std::pair{Metric::events_lost, totals.lost},
           std::pair{Metric::divergences, totals.divergences},
           std::pair{Metric::resynchronisations, totals.resynchronisations},
           std::pair{Metric::claims_dropped, totals.claims_dropped},
           std::pair{Metric::findings_dropped, totals.findings_dropped},
       })
    all.push_back(single(metric, number(count)));
  all.push_back(
      single(Metric::last_resynchronisation_timestamp, seconds(snapshot.last_resynchronisation)));
}

void add_health(Families& all, const Snapshot& snapshot) {
  const Health& health = snapshot.health;
  // A series with other labels, a second long, would look like another tracer.
  if (!health.version.empty()) {
    const std::string kernel = report::escape(health.kernel);
    Family build(Metric::build_info);
    build.add(1, {health.version, health.revision, health.backend, kernel});
    all.push_back(build.take());
    all.push_back(single(Metric::ring_size, number(health.ring_size)));
  }
  Family probes(Metric::probes);
  probes.add(number(health.probes_attached), {"attached"});
  probes.add(number(health.probes_waiting), {"waiting"});
  probes.add(number(health.probes_missing), {"missing"});
  all.push_back(probes.take());
  all.push_back(single(Metric::findings_suppressed, number(health.suppressed)));
  Family stacks(Metric::stacks_missing);
  stacks.add(number(health.stacks.lost), {"lost"});
  stacks.add(number(health.stacks.skipped), {"skipped"});
  stacks.add(number(health.stacks.forgotten), {"forgotten"});
  all.push_back(stacks.take());
  all.push_back(single(Metric::ring_used, number(snapshot.ring_used)));
  all.push_back(single(Metric::ring_peak, number(snapshot.ring_peak)));
  all.push_back(single(Metric::comms, number(snapshot.names.size() - 1)));
  all.push_back(single(Metric::comms_limit, number(snapshot.names_limit)));
  all.push_back(single(Metric::comms_folded, number(snapshot.names_folded)));
  all.push_back(single(Metric::comm_folds, number(snapshot.folds)));
  all.push_back(single(Metric::collected_timestamp, seconds(snapshot.wall_time)));
}

} // namespace

Families families_of(const Snapshot& snapshot) {
  Families all;
  add_calls(all, snapshot);
  add_name_counters(all, snapshot);
  add_last_findings(all, snapshot);
  add_name_gauges(all, snapshot);
  add_durations(all, snapshot);
  add_totals(all, snapshot);
  add_health(all, snapshot);
  return all;
}

Families TracerCollector::Collect() const {
  const auto snapshot = source_();
  return snapshot ? families_of(*snapshot) : Families{};
}

} // namespace mlockscope::metrics
