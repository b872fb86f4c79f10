// What the reader of a log could not read, or had to give up: counted, and told in one line.
#pragma once

#include <cstdint>
#include <string>

namespace mlockscope::strace {

/// How often something happened, and where it did first.
struct Count {
  std::uint64_t times = 0;
  std::uint64_t line = 0;
  void add(std::uint64_t at) {
    if (times++ == 0) line = at;
  }
};

struct Notes {
  Count damaged;          ///< calls of interest that could not be read: reported as lost
  Count foreign;          ///< lines that are not strace's
  Count evicted;          ///< tasks forgotten because there were too many
  Count crowded;          ///< address spaces with more mappings than there is room for
  Count guessed;          ///< processes that may be children, of nobody knows whom
  std::uint64_t torn = 0; ///< the number of the last line, if it was cut off
  bool untimed = false;

  /// "web.log: 3 calls could not be read (first: line 17) ..."; empty if there is nothing to say.
  [[nodiscard]] std::string text(const std::string& name) const;
};

} // namespace mlockscope::strace
