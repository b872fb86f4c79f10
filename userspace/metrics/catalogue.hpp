// Every metric there is: the one place that knows names, types, units, labels and help texts.
#pragma once

#include <prometheus/metric_type.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace mlockscope::metrics {

enum class Metric : std::uint8_t {
  build_info,
  calls,
  call_seconds,
  requested_bytes,
  applied_bytes,
  findings,
  possible_findings,
  last_finding_timestamp,
  exposures,
  exposed_bytes,
  exposure_seconds,
  claims,
  claimed_bytes,
  locked_bytes,
  faults,
  swapped_exposures,
  unlocks_without_lock,
  address_spaces,
  address_spaces_incomplete,
  events,
  events_lost,
  divergences,
  resynchronisations,
  last_resynchronisation_timestamp,
  claims_dropped,
  findings_dropped,
  findings_suppressed,
  stacks_missing,
  ring_size,
  ring_used,
  ring_peak,
  probes,
  comms,
  comms_limit,
  comms_folded,
  comm_folds,
  collected_timestamp,
  scrape_duration,
  process_cpu_seconds,
  process_max_fds,
  process_open_fds,
  process_resident_memory,
  process_start_time,
  process_virtual_memory,
  process_virtual_memory_max,
};

struct MetricInfo {
  Metric metric;
  prometheus::MetricType type;
  std::string_view name;
  /// Separated by commas. Behind `comm`, which is always last, come those of --metrics-labels.
  std::string_view labels;
  /// One line, without a backslash: prometheus-cpp 1.0 does not escape help texts.
  std::string_view help;
};

/// In the order of Metric.
[[nodiscard]] std::span<const MetricInfo> catalogue();
[[nodiscard]] const MetricInfo& info(Metric);

} // namespace mlockscope::metrics
