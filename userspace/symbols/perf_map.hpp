// Names of code that a process makes at run time: /tmp/perf-PID.map, one "START SIZE NAME" a line
// with hexadecimal numbers, as the kernel's tools/perf/Documentation/jit-interface.txt has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mlockscope::symbols {

class PerfMap {
public:
  struct Hit {
    std::string_view name; ///< as long as the map lives
    std::uint64_t start = 0;
  };
  /// Lines that are none are passed over; of overlapping ones the later holds. At most 500,000
  /// lines count, and 512 bytes of a name.
  void add(std::string_view text);
  [[nodiscard]] std::optional<Hit> find(std::uint64_t address) const;

private:
  struct Entry {
    std::uint64_t end;
    std::uint64_t start; ///< of the whole function: a later one may have taken its beginning
    std::string name;
  };
  void add_line(std::string_view line);
  void clear(std::uint64_t start, std::uint64_t end);

  std::map<std::uint64_t, Entry> entries_; ///< by where they begin to hold; they do not overlap
  std::size_t lines_ = 0;
};

/// The file's contents, up to 64 MiB.
[[nodiscard]] PerfMap read_perf_map(int fd);

} // namespace mlockscope::symbols
