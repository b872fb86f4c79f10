#include "metrics/family.hpp"

#include <cassert>

namespace mlockscope::metrics {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    names.emplace_back(name);
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return names;
}

} // namespace

Family::Family(Metric metric, const std::vector<std::string>& more) {
  const MetricInfo& about = info(metric);
  family_ = {std::string(about.name), std::string(about.help), about.type, {}};
  labels_ = split(about.labels);
  labels_.insert(labels_.end(), more.begin(), more.end());
}

prometheus::ClientMetric& Family::series(const LabelValues& values) {
  assert(values.size() == labels_.size());
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  for (std::size_t at = 0; at < labels_.size(); ++at)
    metric.label.push_back({labels_[at], values[at]});
  return metric;
}

Family& Family::add(double value, const LabelValues& values) {
  prometheus::ClientMetric& metric = series(values);
  if (family_.type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return *this;
}

Family& Family::add(const prometheus::ClientMetric::Histogram& histogram,
                    const LabelValues& values) {
  series(values).histogram = histogram;
  return *this;
}

prometheus::MetricFamily single(Metric metric, double value) {
  return Family(metric).add(value).take();
}

} // namespace mlockscope::metrics
