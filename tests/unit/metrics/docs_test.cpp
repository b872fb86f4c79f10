// docs/metrics.md is made from the catalogue. To make it anew: run this test with
// MLOCKSCOPE_WRITE_DOCS set to anything.
#include "metrics/catalogue.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace mlockscope::metrics;

namespace {

constexpr const char* intro = R"(# Metrics

What `mlockscope trace --metrics` exports, from the table in `userspace/metrics/catalogue.cpp`.
Metrics with the label `comm` have those of `--metrics-labels` (`container`, `pod`, `unit`) behind
it. At most `--metrics-comms` names (100) have series of their own, the busiest; the rest is `other`,
and so is what a name had counted when it loses its series, ten minutes after its last process. The
sum over all names never changes by that: sum first (`sum without (comm)`, as
`dashboards/prometheus/recording.yml` does), then take `increase()`.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
)";

std::string_view word(prometheus::MetricType type) {
  if (type == prometheus::MetricType::Counter) return "counter";
  return type == prometheus::MetricType::Gauge ? "gauge" : "histogram";
}

std::string page() {
  std::ostringstream text;
  text << intro;
  for (const MetricInfo& each : catalogue()) {
    std::string labels(each.labels);
    for (std::size_t at = 0; (at = labels.find(',', at)) != std::string::npos; at += 2)
      labels.replace(at, 1, ", ");
    text << "| `" << each.name << "` | " << word(each.type) << " | " << labels << " | " << each.help
         << " |\n";
  }
  return text.str();
}

} // namespace

TEST_CASE("the page on metrics has what the catalogue has") {
  const std::string path = MLOCKSCOPE_SOURCE "/docs/metrics.md";
  if (std::getenv("MLOCKSCOPE_WRITE_DOCS") != nullptr) std::ofstream(path) << page();
  std::ifstream file(path);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == page());
}
