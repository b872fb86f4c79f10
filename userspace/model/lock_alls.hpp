// The mlockall calls of one address space whose promise still covers some page.
#pragma once

#include "model/finding.hpp"
#include "model/page_map.hpp"

namespace mlockscope::model {

class LockAlls {
public:
  struct Made {
    Time at = 0;
    std::uint32_t tid = 0;
    StackId stack{};
  };

  /// Returns the number that PageState::cover names it by, from 1. `pages` is where the older ones
  /// are named: when many have gathered, those that cover nothing any more are dropped and the
  /// others renumbered there, and in `future`.
  std::uint32_t add(Made, PageMap& pages, std::uint32_t& future);
  [[nodiscard]] const Made& operator[](std::uint32_t cover) const { return made_[cover - 1]; }
  void clear() { made_.clear(); }

private:
  void drop_unused(PageMap& pages, std::uint32_t& future);

  std::vector<Made> made_;
  std::size_t sweep_at_ = 256; ///< a program can call mlockall(MCL_FUTURE) in a loop
};

} // namespace mlockscope::model
