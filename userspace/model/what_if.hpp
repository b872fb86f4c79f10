// A recording under other rules: what the same calls would have done on another platform, or with
// another page size.
//
//   WhatIf what_if(*find_platform("darwin"), PageSize(4096), PageSize(16384));
//   Correlator correlator(what_if.granularity(), output);
//   for (Event event : recorded) {
//     what_if.translate(event);
//     correlator.handle(event);
//   }
//
// The calls of a recording are those of a program on Linux, and what it would have called
// elsewhere, after a refusal above all, nobody knows. So it is asked what these very calls do: the
// events keep their arguments, their order and their times, and get the other platform's results,
// pages and words. What differs are the rules in platforms.hpp and the rounding (layout.hpp); all
// else stays as it was recorded:
//   - a lock call that failed for a limit, for want of memory or of a privilege fails just so.
//     Linux may have locked some pages then, and its word is kept on platforms that keep what was
//     done before a hole; elsewhere nothing is changed.
//   - memory that mlock skipped (hugetlb, vdso) is skipped, memfd_secret memory stays locked.
//   - a hole is where the recorded word found one.
//   - mmap with MAP_LOCKED, mremap, brk and shmat are Linux's, wherever they are looked at.
//
// The words are those of a simulation, so findings are `modelled` at most. Pure: the same events
// give the same events.
#pragma once

#include "model/other_space.hpp"

#include <map>
#include <memory>
#include <unordered_map>

namespace mlockscope::model {

class WhatIf {
public:
  /// What the recording has of the calls that make, move and end mappings.
  enum class Mappings : std::uint8_t {
    all,          ///< every one of them, from the first instruction of each program on
    while_locked, ///< those of an address space while something is locked in it; else it may lack
                  ///< any, so where mappings lie is forgotten with the last lock
  };

  /// `recorded` and `wanted`: the page size of the recording, and the one to judge by.
  WhatIf(const Platform&, PageSize recorded, PageSize wanted, Mappings = Mappings::while_locked);
  WhatIf(const WhatIf&) = delete;
  WhatIf& operator=(const WhatIf&) = delete;

  /// False if every event would stay what it is.
  [[nodiscard]] static bool needed(const Platform&, PageSize recorded, PageSize wanted);

  /// Changes the next event of the recording into what the other platform makes of it.
  void translate(Event&);

  /// The page size of the correlator that gets the events: all ranges in them, and in its findings,
  /// are multiples of it.
  [[nodiscard]] PageSize granularity() const { return terms_.page; }

  /// How many calls were refused that Linux had not refused, by call and errno (Linux's numbers;
  /// Windows' ERROR_NOT_LOCKED is ENOMEM).
  using Refused = std::map<std::pair<Call, std::int64_t>, std::uint64_t>;
  [[nodiscard]] const Refused& refused() const { return refused_; }

private:
  void translate_each(CallEvent&);
  void translate_each(ForkEvent&);
  void translate_each(EndEvent&);
  void translate_each(SnapshotEvent&);
  void translate_each(FaultEvent&) {}
  void translate_each(SwapEvent&) {}
  void translate_each(LostEvent&);
  void translate_each(TickEvent&) {}

  [[nodiscard]] OtherSpace* find(SpaceId);
  OtherSpace& make(SpaceId);
  static void note_loss(OtherSpace&, std::uint64_t lost_in_all);

  Terms terms_;
  Mappings mappings_;
  std::unordered_map<SpaceId, std::unique_ptr<OtherSpace>> spaces_;
  Refused refused_;
};

/// The parts of translate() for one finished call: mlock, mlock2, munlock; mlockall, munlockall;
/// and those on mappings.
void translate_lock(OtherSpace&, CallEvent&);
void translate_lock_all(OtherSpace&, CallEvent&);
void translate_mapping(OtherSpace&, CallEvent&);

} // namespace mlockscope::model
