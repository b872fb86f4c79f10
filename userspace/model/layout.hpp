// Where the mappings of an address space begin and end, and how a lock in them would be rounded on
// a machine with larger pages than the one it was recorded on.
//
// Rounding the recorded addresses to the larger size as they are would be wrong. There each mapping
// begins on a page of its own, and what lies between a mapping's end and the end of its last page
// belongs to nobody; so two mappings that lie side by side here would share no page there, however
// small they are. What would share a page are the bytes within one mapping: neighbours on the heap
// above all. So the pages of the larger machine are laid over each mapping from its own start, and
// what a lock is rounded to ends where the mapping does.
//
// One kind of program does it otherwise: one that maps more than it needs and rounds the address up
// by itself, to the page size it was told or to a constant. Its first lock in that mapping is at a
// multiple of the larger size although the mapping does not begin at one; then the pages are those
// of the addresses as they stand. This is settled once for each mapping, so that two requests in it
// never see different pages. By chance it hits one in four page-aligned requests at four times the
// page size, and of requests that need not be aligned next to none.
//
// A stack has no start of its own, and its pages are those of the addresses. The same is taken
// where nobody knows which mapping an address is in, as far as the next one that is known.
#pragma once

#include "model/event.hpp"
#include "model/runs.hpp"

namespace mlockscope::model {

/// Every result of mmap, shmat and a moving mremap is a mapping of its own, also beside another.
class Layout {
public:
  /// The pages around an address.
  struct Place {
    PageRange bounds;   ///< rounding ends here
    Address origin = 0; ///< where a page begins, and every page size from there on
    bool known = false; ///< a mapping is there; else what is between those that are known

    /// The start of the page that holds `at`, within the bounds.
    [[nodiscard]] Address down(Address at, PageSize) const;
    /// The end of the pages before `at` or of the one that holds it, within the bounds.
    [[nodiscard]] Address up(Address at, PageSize) const;
    [[nodiscard]] bool aligned(Address at, PageSize page) const {
      return page.offset(at - origin) == 0 || (known && at == bounds.start);
    }
  };
  [[nodiscard]] Place place(Address) const;
  /// Settles what the pages of the mapping at `addr` are, if this is the first lock request there.
  void note_request(Address addr, PageSize wanted);

  void map(PageRange);
  /// MAP_FIXED: what lies inside one mapping stays a part of it.
  void map_fixed(PageRange);
  void unmap(PageRange pages) { mappings_.set(pages, {}); }
  /// The mapping that ends where `grown` begins now ends where that does; or a new one.
  void extend(PageRange grown);
  /// These are all mappings. What is known to be several stays so; of the rest, what lies side by
  /// side is one.
  void take_list(const std::vector<SnapshotEvent::Mapping>&);
  void forget();
  /// As a child of fork has it, of which some mappings may have stayed behind (MADV_DONTFORK).
  [[nodiscard]] Layout copied() const;

  /// All mappings are known.
  [[nodiscard]] bool complete() const { return complete_; }
  /// The first page of `range` that is not mapped; nothing unless all mappings are known.
  [[nodiscard]] std::optional<Address> first_gap(PageRange range) const;
  /// take(part, known) for all of `range`, ascending.
  template <class Take> void visit(PageRange range, Take&& take) const {
    mappings_.visit(
        range, [&](PageRange part, const Mapping& mapping) { take(part, mapping.number != 0); });
  }

private:
  struct Mapping {
    std::uint64_t number = 0; ///< keeps neighbours apart; 0: no mapping
    Address origin = 0;
    bool settled = false;
    bool operator==(const Mapping&) const = default;
  };

  [[nodiscard]] Mapping made_at(Address start) { return {++last_, start, false}; }
  [[nodiscard]] Mapping made_literal() { return {++last_, 0, true}; }

  Runs<Mapping> mappings_;
  std::uint64_t last_ = 0;
  bool complete_ = false;
};

} // namespace mlockscope::model
