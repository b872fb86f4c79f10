// Mappings that appeared while another call of the address space was under way.
//
// Thread A unmaps a range, thread B is given the same addresses by mmap, and A's event may arrive
// after B's: B's call can only succeed after A's took effect, but it may return first. So a removal
// leaves alone what a call mapped that returned after the removal was entered: nobody can have
// meant to unmap an address that was not given out yet.
#pragma once

#include "model/event.hpp"

#include <deque>

namespace mlockscope::model {

class RecentMappings {
public:
  void add(PageRange pages, Time returned) {
    if (known_.size() == most) known_.pop_front();
    known_.push_back({pages, returned});
  }
  /// What is left of `range` without the mappings that were given out after `entered`.
  [[nodiscard]] std::vector<PageRange> older_parts(PageRange range, Time entered) const {
    std::vector<PageRange> parts{range};
    for (const auto& [pages, returned] : known_) {
      if (returned <= entered) continue;
      std::vector<PageRange> rest;
      for (const PageRange part : parts) {
        const PageRange below{part.start, std::min(part.end, pages.start)};
        const PageRange above{std::max(part.start, pages.end), part.end};
        if (!below.empty()) rest.push_back(below);
        if (!above.empty()) rest.push_back(above);
      }
      parts = std::move(rest);
    }
    return parts;
  }
  void clear() { known_.clear(); }

private:
  /// Far more than threads return from mmap during one munmap.
  static constexpr std::size_t most = 64;
  struct Mapping {
    PageRange pages;
    Time returned = 0;
  };
  std::deque<Mapping> known_;
};

} // namespace mlockscope::model
