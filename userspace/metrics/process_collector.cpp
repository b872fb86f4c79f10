#include "metrics/process_collector.hpp"

#include "metrics/family.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>

namespace mlockscope::metrics {
namespace {

using Families = std::vector<prometheus::MetricFamily>;

/// Fields of /proc/PID/stat behind the name, which may hold spaces and parentheses itself. The
/// first of them is field 3, the state.
std::vector<std::string> stat_fields(const std::string& path) {
  std::ifstream file(path);
  std::string line(std::istreambuf_iterator<char>(file), {});
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

/// "btime 1769903940" of /proc/stat: when the system was booted, in seconds since 1970.
std::optional<double> boot_time(const std::string& path) {
  std::ifstream file(path);
  for (std::string key; file >> key; file.ignore(1 << 20, '\n'))
    if (double value = 0; key == "btime" && file >> value) return value;
  return std::nullopt;
}

std::optional<double> open_files(const std::string& path) {
  std::error_code failed;
  const std::filesystem::directory_iterator folder(path, failed);
  if (failed) return std::nullopt;
  // one of them is the folder that is being read
  return static_cast<double>(std::distance(begin(folder), end(folder)) - 1);
}

double limit(rlim_t value) { return value == RLIM_INFINITY ? -1 : static_cast<double>(value); }

void add_limits(Families& all) {
  rlimit files{}, memory{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    all.push_back(single(Metric::process_max_fds, limit(files.rlim_cur)));
  if (::getrlimit(RLIMIT_AS, &memory) == 0)
    all.push_back(single(Metric::process_virtual_memory_max, limit(memory.rlim_cur)));
}

} // namespace

Families ProcessCollector::Collect() const {
  Families all;
  const auto stat = stat_fields(proc_ + "/self/stat");
  // Field 14 utime, 15 stime, 22 starttime (ticks), 23 vsize (bytes), 24 rss (pages).
  const auto field = [&stat](std::size_t number) { return std::stod(stat.at(number - 3)); };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (stat.size() > 24 - 3) {
    all.push_back(single(Metric::process_cpu_seconds, (field(14) + field(15)) / ticks));
    all.push_back(single(Metric::process_virtual_memory, field(23)));
    all.push_back(single(Metric::process_resident_memory,
                         field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE))));
    if (const auto boot = boot_time(proc_ + "/stat"))
      all.push_back(single(Metric::process_start_time, *boot + field(22) / ticks));
  }
  if (const auto files = open_files(proc_ + "/self/fd"))
    all.push_back(single(Metric::process_open_fds, *files));
  add_limits(all);
  return all;
}

} // namespace mlockscope::metrics
