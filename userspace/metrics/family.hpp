// Series of one metric, with the names, type and help that the catalogue gives it.
#pragma once

#include "metrics/catalogue.hpp"

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace mlockscope::metrics {

/// Values of labels in the order of their names.
using LabelValues = std::vector<std::string>;

class Family {
public:
  /// `more` are the names of labels behind those of the catalogue.
  explicit Family(Metric, const std::vector<std::string>& more = {});

  /// One series of a counter or gauge.
  Family& add(double value, const LabelValues& = {});
  Family& add(const prometheus::ClientMetric::Histogram&, const LabelValues&);

  [[nodiscard]] prometheus::MetricFamily take() { return std::move(family_); }

private:
  prometheus::ClientMetric& series(const LabelValues&);

  prometheus::MetricFamily family_;
  std::vector<std::string> labels_;
};

/// A metric without labels.
[[nodiscard]] prometheus::MetricFamily single(Metric, double value);

} // namespace mlockscope::metrics
