// What the model holds about the pages of one address space: which are locked, on whose word, and
// whether a lock-all covers them.
//
// Sorted, disjoint runs of pages that are alike, kept in chunks of at most 64: a lookup is two
// binary searches, a change moves one chunk's entries, and an address space with a few locked pages
// is one small array. Neighbours that are alike are one run; pages of which nothing is known are in
// no run.
#pragma once

#include "model/memory.hpp"

#include <vector>

namespace mlockscope::model {

/// What is known about a page. The default: not locked and never covered by a lock-all.
struct PageState {
  std::uint32_t cover = 0; ///< the lock-all that covers it, as LockAlls numbers it; 0: none
  bool locked = false;     ///< the kernel holds it VM_LOCKED
  // All of the following only if locked:
  bool by_word = false;  ///< the kernel said so, read from the VMA by a probe
  bool assumed = false;  ///< mlockall locks all it can; nobody said whether it could lock this one
  bool foreign = false;  ///< locked by a call that the model has not seen
  bool stubborn = false; ///< locked whatever is called: memfd_secret

  bool operator==(const PageState&) const = default;

  [[nodiscard]] bool surely_locked() const { return locked && !assumed; }
  [[nodiscard]] PageState unlocked() const { return {.cover = cover}; }
};

class PageMap {
public:
  /// Replaces the state of every part of `range` by `next(part, state)`. Parts are ascending, each
  /// of one state, and make up the whole of `range`. `next` must not touch the map.
  template <class Next> void change(PageRange range, Next&& next) {
    if (range.empty()) return;
    const Place from = first_ending_at_or_after(range.start);
    Place to = from;
    fresh_.clear();
    Address at = range.start;
    for (; holds(to) && entry(to).pages.start <= range.end; to = following(to)) {
      const Entry old = entry(to);
      const PageRange part = old.pages.intersect(range);
      if (old.pages.start < range.start)
        keep({{old.pages.start, std::min(old.pages.end, range.start)}, old.state});
      if (at < part.start) replace({at, part.start}, PageState{}, next);
      if (!part.empty()) replace(part, old.state, next);
      at = std::max(at, part.end);
      if (old.pages.end > range.end)
        keep({{std::max(old.pages.start, range.end), old.pages.end}, old.state});
    }
    if (at < range.end) replace({at, range.end}, PageState{}, next);
    put(from, to);
  }

  /// Calls `take(part, state)` for every part of `range` in order, those of default state included.
  template <class Take> void visit(PageRange range, Take&& take) const {
    if (range.empty()) return;
    Address at = range.start;
    for (Place place = first_ending_at_or_after(range.start);
         holds(place) && entry(place).pages.start < range.end; place = following(place)) {
      const PageRange part = entry(place).pages.intersect(range);
      if (part.empty()) continue;
      if (at < part.start) take(PageRange{at, part.start}, PageState{});
      take(part, entry(place).state);
      at = part.end;
    }
    if (at < range.end) take(PageRange{at, range.end}, PageState{});
  }

  [[nodiscard]] PageState at(Address) const;
  [[nodiscard]] bool any_locked(PageRange) const;
  /// All locked pages, ascending and merged.
  [[nodiscard]] std::vector<PageRange> locked() const;
  /// Of pages that are locked, without those of which this is only assumed.
  [[nodiscard]] std::uint64_t locked_bytes() const { return locked_bytes_; }
  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  void clear() {
    chunks_.clear();
    locked_bytes_ = 0;
  }

private:
  struct Entry {
    PageRange pages;
    PageState state;
    bool operator==(const Entry&) const = default;
  };
  using Chunk = std::vector<Entry>; ///< never empty, at most max_chunk
  static constexpr std::size_t max_chunk = 64;
  struct Place {
    std::size_t chunk = 0;
    std::size_t index = 0;
  };

  [[nodiscard]] bool holds(Place at) const {
    return at.chunk < chunks_.size() && at.index < chunks_[at.chunk].size();
  }
  [[nodiscard]] const Entry& entry(Place at) const { return chunks_[at.chunk][at.index]; }
  [[nodiscard]] Place following(Place at) const {
    const bool last = at.index + 1 == chunks_[at.chunk].size() && at.chunk + 1 < chunks_.size();
    return last ? Place{at.chunk + 1, 0} : Place{at.chunk, at.index + 1};
  }
  template <class Next> void replace(PageRange part, const PageState& state, Next& next) {
    const PageState changed = next(part, state);
    if (state.surely_locked()) locked_bytes_ -= part.size();
    if (changed.surely_locked()) locked_bytes_ += part.size();
    keep({part, changed});
  }

  [[nodiscard]] std::size_t chunk_for(Address) const;
  [[nodiscard]] Place first_ending_at_or_after(Address) const;
  void keep(const Entry&);
  void put(Place from, Place to);
  void put_across(Place from, Place to);
  void cut_to_size(std::size_t chunk);

  std::vector<Chunk> chunks_;
  std::uint64_t locked_bytes_ = 0;
  mutable std::size_t recent_ = 0; ///< the chunk found last
  std::vector<Entry> fresh_;       ///< what will stand where change() reads, kept for its memory
};

} // namespace mlockscope::model
