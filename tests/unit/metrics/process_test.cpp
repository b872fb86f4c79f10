#include "metrics/process_collector.hpp"

#include "support/catch.hpp"

#include <prometheus/metric_family.h>

#include <ctime>
#include <fcntl.h>
#include <map>
#include <sys/resource.h>
#include <unistd.h>

namespace {

std::map<std::string, double> values(const std::string& proc = "/proc") {
  std::map<std::string, double> all;
  for (const auto& family : mlockscope::metrics::ProcessCollector(proc).Collect()) {
    const auto& metric = family.metric.front();
    const bool counter = family.type == prometheus::MetricType::Counter;
    all[family.name] = counter ? metric.counter.value : metric.gauge.value;
  }
  return all;
}

} // namespace

TEST_CASE("the process metrics are those of this process") {
  const auto before = values();
  CHECK(before.at("process_resident_memory_bytes") > 1e6);
  CHECK(before.at("process_virtual_memory_bytes") >= before.at("process_resident_memory_bytes"));
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(before.at("process_start_time_seconds") <= now + 1);
  CHECK(before.at("process_start_time_seconds") > now - 3600);

  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  CHECK(before.at("process_max_fds") == static_cast<double>(files.rlim_cur));

  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(values().at("process_open_fds") == before.at("process_open_fds") + 1);
  ::close(fd);

  volatile unsigned long spin = 0;
  while (values().at("process_cpu_seconds_total") < before.at("process_cpu_seconds_total") + 0.03)
    for (int i = 0; i < 100'000; ++i) spin = spin + 1;
}

TEST_CASE("without /proc only the limits are known") {
  const auto all = values("/nowhere");
  CHECK(all.count("process_cpu_seconds_total") == 0);
  CHECK(all.count("process_max_fds") == 1);
}
