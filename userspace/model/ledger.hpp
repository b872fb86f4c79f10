// The books of one address space: which pages are locked, who claims which bytes, what is exposed.
//
// The calls are applied to it by lock_calls.cpp and mapping_calls.cpp, verdicts are drawn from it
// by judge.cpp; here are the few steps these are made of. Two things always hold:
//   - a byte is in an open exposure of a claim only while that claim has the byte and its page is
//     not locked;
//   - the kernel's word, where there is one, is what the books say afterwards.
#pragma once

#include "model/claims.hpp"
#include "model/exposures.hpp"
#include "model/failures.hpp"
#include "model/inheritance.hpp"
#include "model/kernel_word.hpp"
#include "model/lock_alls.hpp"
#include "model/page_map.hpp"
#include "model/recent_mappings.hpp"
#include "model/shared.hpp"

namespace mlockscope::model {

class Ledger {
public:
  Ledger(Shared& common, SpaceId space) : shared(common), id(space) {}

  Shared& shared;
  const SpaceId id;
  std::uint32_t pid = 0;              ///< last seen
  Comm comm;                          ///< of the thread that was last seen
  std::optional<SpaceId> parent;      ///< the address space it was forked from
  std::optional<Inherited> inherited; ///< copies that wait for a verdict

  PageMap pages;
  Claims claims;
  Exposures exposures;
  LockAlls lock_alls;
  RecentMappings recent;
  Failures failures;

  std::uint32_t future = 0;    ///< the lock-all that takes in new mappings; 0: none
  bool complete = false;       ///< what is locked is known; else only what was seen
  bool future_known = false;   ///< whether and by which lock-all new mappings are locked is certain
  Time last_all = 0;           ///< when the last mlockall or munlockall returned
  bool claims_missing = false; ///< a limit kept claims out
  bool wants_snapshot = false; ///< to be asked for when the event is done
  bool moved = false;          ///< mremap has moved something
  bool was_exposing = false;   ///< as it was last told
  std::uint64_t calls_seen = 0;
  std::uint64_t lost = 0;

  /// Sets `range` to `next(part, state)` part by part; exposures on pages that become locked close.
  template <class Next> void set(PageRange range, Time now, Next&& next) {
    relocked_.clear();
    pages.change(range, [&](PageRange part, const PageState& was) {
      const PageState is = next(part, was);
      if (is.locked != was.locked) ++lock_changes_;
      if (is.locked && !was.locked && !exposures.empty()) relocked_.push_back(part);
      return is;
    });
    for (const PageRange part : relocked_) close(bytes_of(part), Closed::relocked, now);
  }

  /// What a finding says of a claim, or of the lock-all.
  [[nodiscard]] Victim victim_of(Claims::Number) const;
  [[nodiscard]] std::optional<Victim> victim_of(const Exposures::Opening&) const;
  /// Goes up whenever a claim, an exposure or the lock of a page changes.
  [[nodiscard]] std::uint64_t holdings_version() const {
    return claims.version() + exposures.version() + lock_changes_;
  }
  /// What a child that is forked now gets of it; the same one until something changes.
  std::shared_ptr<const Estate> estate();

  /// Claims `request` for a call; if a limit is met it only counts the call.
  void claim(ByteRange request, const CallEvent&);
  /// What was in `range` is gone: claims end there, exposures close as `unmapped`.
  void unmap(PageRange range, Time now);
  /// Bytes, claims, exposures and what is known of the pages move to `to`; `from` is then unknown.
  /// Nothing may be left at the target.
  void move(PageRange from, Address to, Time now);
  /// Takes `range` away from exposures; those that end do so as `how`.
  void close(ByteRange range, Closed how, Time now);
  void close_of(Claims::Number claim, ByteRange range, Closed how, Time now);
  void close_all(Closed how, Time now);
  /// All claims end at once.
  void drop_claims();

  /// Takes the kernel's word from the entry of a lock call. Returns false if it contradicts books
  /// that should have been right.
  bool learn(const CallEvent&, PageRange applied);
  /// `made` takes in new mappings from here on (0: nothing does), if this call came last.
  void set_future(std::uint32_t made, const CallEvent&);
  /// The books may be wrong from here: they are to be compared with the kernel's list.
  void mark_partial();
  void note_divergence();
  /// Events were lost: nothing is known any more.
  void forget();
  /// Compares with the kernel's list, or takes it over if the books are partial: what they hold at
  /// addresses that are not mapped then ends as unmapped.
  void take_snapshot(const SnapshotEvent&);

  [[nodiscard]] bool idle() const;

private:
  PageState learn_locked(const CallEvent&, PageRange, PageState, bool& agrees) const;
  void give_closed(const Exposures::Opening&, std::uint64_t bytes, Closed how, Time now);
  bool take_mapping(const SnapshotEvent::Mapping&, Time now);
  bool take_future(bool in_force);
  void drop_unmapped(const SnapshotEvent&);

  std::shared_ptr<const Estate> estate_; ///< of the last fork
  std::uint64_t estate_version_ = 0;     ///< holdings_version() then: 0, when there was nothing
  std::uint64_t lock_changes_ = 0;
  std::vector<PageRange> relocked_; ///< scratch, kept for its memory
  std::vector<Loss> losses_;        ///< the same
};

} // namespace mlockscope::model
