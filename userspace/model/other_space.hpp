// One address space as another platform would have it, beside what the recording says of it.
//
// Of each page both are kept: whether it was locked where the recording was made, by Linux's rules
// and the recorded words, and how often it is locked on the other platform. The first is there for
// what no rule tells. A recorded word that differs from it is news: memory that mlockall could not
// lock, a stack that has grown, a lock from before the tracing. News holds on every platform.
#pragma once

#include "model/kernel_word.hpp"
#include "model/layout.hpp"
#include "model/platforms.hpp"
#include "model/recent_mappings.hpp"

namespace mlockscope::model {

/// From what to what the events are translated.
struct Terms {
  Platform rules;
  PageSize recorded; ///< the page size of the recording
  PageSize lock;     ///< what a lock is rounded to on the other platform
  PageSize page;     ///< the smaller of the two page sizes: that of all ranges that come out

  /// Locks are rounded further than they were.
  [[nodiscard]] bool wider() const { return lock.bytes() > recorded.bytes(); }
  [[nodiscard]] bool counted() const { return rules.stacking.is == Stacking::counted; }
  [[nodiscard]] bool always_locked() const { return rules.memory.is == Memory::always_locked; }
};

struct PageLock {
  bool recorded = false;   ///< locked where the recording was made
  bool assumed = false;    ///< only if `recorded`: mlockall locks all it can, and nobody said more
  bool skipped = false;    ///< memory that mlock skips without a word: hugetlb, PFN maps, vdso
  bool stubborn = false;   ///< locked whatever is called: memfd_secret
  std::uint16_t count = 0; ///< on the other platform; where locks do not stack, 0 or 1

  bool told = false; ///< the correlator holds it locked, after what it was told
  bool soft = false; ///< it does since an mlockall that may have skipped it
  bool news = false; ///< `count` is not what it was told, and the recording says why

  bool operator==(const PageLock&) const = default;
  [[nodiscard]] bool locked() const { return count != 0; }
  /// What to say of it to the correlator of the time before a call. Only news may contradict what
  /// it was told: that rounding went over memory which cannot be locked is found out later and
  /// comes with the next call there.
  [[nodiscard]] bool was_locked() const { return news || soft ? locked() : told; }
};

class OtherSpace {
public:
  explicit OtherSpace(const Terms& common) : terms(common) {}

  const Terms& terms;
  Layout layout;
  RecentMappings recent;
  bool future = false;          ///< mlockall(MCL_FUTURE) is in force
  bool future_recorded = false; ///< it was, where the recording was made
  bool future_known = false;    ///< the latter is certain
  bool known = false;           ///< what is locked is known, and not only what was seen
  Time last_all = 0;            ///< when the last mlockall or munlockall returned
  std::uint64_t calls_seen = 0; ///< as the ledger counts them
  std::uint64_t lost = 0;       ///< the same

  /// Sets `range` to `next(part, lock)` part by part.
  template <class Next> void change(PageRange range, Next&& next) {
    locks_.change(range, [&](PageRange part, const PageLock& was) {
      const PageLock is = next(part, was);
      if (was.recorded) recorded_bytes_ -= part.size();
      if (is.recorded) recorded_bytes_ += part.size();
      return is;
    });
  }
  template <class Take> void visit(PageRange range, Take&& take) const {
    locks_.visit(range, take);
  }
  [[nodiscard]] PageLock at(Address page) const { return locks_.at(page); }
  /// Something is locked where the recording was made, or will be.
  [[nodiscard]] bool holds_recorded() const { return recorded_bytes_ != 0 || future_recorded; }

  /// Takes over what of a recorded word is news. `secret`: what is locked is so from birth.
  void adopt(const KernelWord&, PageRange, bool secret);
  void adopt(PageRange, bool locked, bool grows_down, bool secret);
  /// What is locked here over word.walked, in the place of what was recorded of that; with
  /// `before`, as of the time before a call.
  void tell(KernelWord& word, bool before = false) const;
  /// The correlator has been told what is locked in `range`.
  void note_told(PageRange range) {
    locks_.change(range, [](PageRange, PageLock lock) {
      lock.told = lock.locked();
      lock.soft = lock.news = false;
      return lock;
    });
  }
  /// Nothing is at these pages any more.
  void unmap(PageRange);
  /// Takes the kernel's list, and puts in it what is locked here.
  void take_list(SnapshotEvent&);
  /// Events were lost: nothing is known any more.
  void forget();

  /// The pages around an address for a lock.
  [[nodiscard]] Layout::Place place(Address at) const {
    return terms.wider() ? layout.place(at) : Layout::Place{every_page, 0, false};
  }

private:
  void widen(PageRange);
  void drop_unmapped(const std::vector<SnapshotEvent::Mapping>&);

  Runs<PageLock> locks_;
  std::uint64_t recorded_bytes_ = 0;
};

} // namespace mlockscope::model
