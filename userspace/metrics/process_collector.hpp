// What Prometheus expects of every exporter about its own process: process_*.
#pragma once

#include <prometheus/collectable.h>

#include <string>

namespace mlockscope::metrics {

/// Read from /proc/self at every scrape; see proc(5). What cannot be read is left out.
class ProcessCollector final : public prometheus::Collectable {
public:
  explicit ProcessCollector(std::string proc = "/proc") : proc_(std::move(proc)) {}
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

private:
  std::string proc_;
};

} // namespace mlockscope::metrics
