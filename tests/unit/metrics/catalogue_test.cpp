#include "metrics/catalogue.hpp"

#include "support/catch.hpp"

#include <set>
#include <string>

using namespace mlockscope::metrics;
using prometheus::MetricType;

TEST_CASE("names, types and units are what Prometheus expects") {
  std::set<std::string_view> names;
  for (const MetricInfo& each : catalogue()) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    CHECK((each.name.starts_with("mlockscope_") || each.name.starts_with("process_")));
    CHECK(each.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK((each.type == MetricType::Counter) == each.name.ends_with("_total"));
    for (const char* unit : {"milliseconds", "nanoseconds", "kilobytes", "minutes"})
      CHECK(each.name.find(unit) == std::string_view::npos);
  }
}

// prometheus-cpp 1.0 writes help texts as they are.
TEST_CASE("help texts need no escaping and end as sentences") {
  for (const MetricInfo& each : catalogue()) {
    INFO(each.name);
    CHECK(each.help.find_first_of("\\\n") == std::string_view::npos);
    CHECK(each.help.ends_with('.'));
  }
}

TEST_CASE("no label can have values without a bound") {
  for (const MetricInfo& each : catalogue())
    for (const char* unbounded : {"pid", "tid", "addr", "exe", "cgroup"})
      CHECK(each.labels.find(unbounded) == std::string_view::npos);
}
