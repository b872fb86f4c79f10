// A set of pages as ascending, disjoint runs, and bounded: what a log makes of it must not grow
// without end.
#pragma once

#include "model/memory.hpp"

#include <cstddef>

namespace mlockscope::strace {

class PageSet {
public:
  static constexpr std::size_t most_runs = 1024;

  void add(model::PageRange);
  void remove(model::PageRange);
  /// What lies in `from` goes to the same distance from `to`; what was there is replaced.
  void move(model::PageRange from, model::Address to);
  void clear() { runs_.clear(); }

  [[nodiscard]] bool meets(model::PageRange) const;
  [[nodiscard]] bool contains(model::Address at) const { return meets({at, at + 1}); }
  [[nodiscard]] const std::vector<model::PageRange>& runs() const { return runs_; }
  /// It would have had to grow too large: something is missing in it.
  [[nodiscard]] bool full() const { return full_; }

private:
  std::vector<model::PageRange> runs_;
  bool full_ = false;
};

} // namespace mlockscope::strace
