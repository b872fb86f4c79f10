#include "metrics/exposition.hpp"

#include "metrics/family.hpp"

#include <prometheus/text_serializer.h>

#include <chrono>
#include <iterator>

namespace mlockscope::metrics {

std::string Exposition::text() const {
  using namespace std::chrono;
  const auto began = steady_clock::now();
  std::vector<prometheus::MetricFamily> all;
  for (const auto& source : sources_) {
    auto families = source->Collect();
    std::move(families.begin(), families.end(), std::back_inserter(all));
  }
  const duration<double> took = steady_clock::now() - began;
  all.push_back(single(Metric::scrape_duration, took.count()));
  return prometheus::TextSerializer().Serialize(all);
}

} // namespace mlockscope::metrics
