// A log in a test: its text in, and out what the reader makes of it and the correlator of that.
#pragma once

#include "strace/log.hpp"
#include "support/story.hpp"

#include <string>
#include <vector>

namespace mlockscope::test {

struct Reading {
  std::vector<recording::Entry> entries;
  recording::Origin origin;
  std::string error;  ///< of open() or next()
  std::string remark; ///< without the name of the file
  Lines told;         ///< what the correlator says, as in support/story.hpp
  Totals totals;

  template <class T> [[nodiscard]] std::vector<T> events() const {
    std::vector<T> all;
    for (const recording::Entry& entry : entries)
      if (const auto* event = std::get_if<model::Event>(&entry))
        if (const auto* each = std::get_if<T>(event)) all.push_back(*each);
    return all;
  }
  template <class T> [[nodiscard]] std::vector<T> others() const {
    std::vector<T> all;
    for (const recording::Entry& entry : entries)
      if (const auto* each = std::get_if<T>(&entry)) all.push_back(*each);
    return all;
  }
  [[nodiscard]] std::vector<CallEvent> calls() const { return events<CallEvent>(); }
};

/// Reads a file to its end, and judges it.
Reading read_file(const std::string& path, std::uint64_t page = 4096);
/// The same of a text, as a file of that name.
Reading read_log(const std::string& text, const std::string& name = "log",
                 std::uint64_t page = 4096);

} // namespace mlockscope::test
