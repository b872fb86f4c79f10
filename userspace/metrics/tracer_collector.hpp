// A snapshot as metric families.
#pragma once

#include "metrics/snapshot.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <memory>

namespace mlockscope::metrics {

class TracerCollector final : public prometheus::Collectable {
public:
  using Source = std::function<std::shared_ptr<const Snapshot>()>;
  /// `source` is asked at every scrape, from any thread; it may return nothing while there is
  /// nothing yet, and then there are no families.
  explicit TracerCollector(Source source) : source_(std::move(source)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

private:
  Source source_;
};

[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(const Snapshot&);

} // namespace mlockscope::metrics
