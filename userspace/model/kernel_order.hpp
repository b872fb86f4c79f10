// Events in the order in which they arrive -> in the order in which the kernel did them.
//
// mlock, munlock and their like change VM_LOCKED while they hold the mmap_lock for writing
// (mm/mlock.c, apply_vma_lock_flags() and apply_mlockall_flags(), down to mlock_fixup()), so the
// kernel has an order of them, and probes in there number the calls of an address space by it. But
// a call is told when it returns, which may be much later: mlock then faults its pages in without
// the lock. So the numbers arrive out of order, and a call whose predecessors have not come has to
// wait for them, and all that came behind it with it.
//
// Waiting has an end. If as many events of the address space were lost as there are calls missing,
// they are taken to be those; the model has the kernel's list read then anyway. If a call has not
// come within `patience`, or too much waits, it is passed over. When it comes after all, its words
// are of a moment that has gone by, so they are taken from it: the model then knows that it has a
// gap, and has it filled from the list.
//
// The kernel's list stands between two calls, and its place is told as the number of calls that had
// returned (SnapshotEvent::calls_before). It is read while no call is under way. Then the calls
// before it, by that count, have all returned, and each has a lower number than any call after it;
// so the order of the numbers moves no call from one side of it to the other, and the count of the
// calls that were given on here tells its place just as the count of those that arrived.
#pragma once

#include "model/event.hpp"

#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace mlockscope::model {

/// A value machine, as the correlator is. The times are those of the events.
class KernelOrder {
public:
  using Next = std::function<void(const Event&)>;

  /// How long a call waits for those before it.
  static constexpr Time patience = 1'000'000'000;
  /// How many events may wait, of one address space and of all.
  static constexpr std::size_t most_waiting_of_one = 1u << 12, most_waiting = 1u << 14;
  /// The probes number the calls of an address space from 1. One that begins further up has had
  /// calls that nobody will tell of: then the first number that comes is the first there is.
  static constexpr std::uint32_t most_at_once = 64;

  /// `next` gets every event, most of them from inside the take() that brought them.
  explicit KernelOrder(Next next) : next_(std::move(next)) {}

  /// An event, as it arrived. A TickEvent promises that what happened before it has arrived.
  void take(Event&&);
  /// A list of the kernel's has its place here: no call was under way, so what is missing was lost.
  void settle(SpaceId);
  /// No more will come: gives on all that waits.
  void finish();

  [[nodiscard]] bool any_waiting() const { return !waiting_.empty(); }
  /// When patience ends with what waits, or a little earlier; the end of time if nothing waits.
  [[nodiscard]] Time next_due() const;

private:
  /// A place in the order: a number that does not wrap, and for what has none the number of the
  /// last call before it; what has the same is in the order of its arrival.
  using Place = std::pair<std::uint64_t, std::uint64_t>;
  struct Waiting {
    Event event;
    Time since = 0;
    bool numbered = false;
  };
  struct Space {
    std::uint64_t next = 0;         ///< the number that comes next; the probes have its low 32 bits
    std::uint64_t missing = 0;      ///< numbers that were passed over and may still come
    std::uint64_t lost = 0;         ///< as the last call said
    std::uint64_t lost_numbers = 0; ///< of the next that are missing, so many may be lost
    bool listed = false;            ///< all of them before the next call
    std::map<Place, Waiting> waiting;
    Time oldest = 0; ///< nothing that waits is older
  };

  Space& space_of(const CallEvent&);
  void take_call(Event&&, CallEvent&);
  void take_plain(Event&&, SpaceId, Time);
  void give_before(const Event&);
  void tick(TickEvent);
  void note_loss(SpaceId, Space&, std::uint64_t lost);
  void give(Space&, Event&, CallEvent&, std::uint64_t number);
  void give_late(Space&, Event&, CallEvent&);
  void hold(SpaceId, Space&, Event&&, std::uint64_t number, bool numbered, Time);
  void give_due(SpaceId, Space&);
  void pass_over(Space&);
  void give_all(SpaceId, Space&);
  void give_all(SpaceId);
  void give_all();
  void give_older(SpaceId, Space&, Time);

  Next next_;
  std::unordered_map<SpaceId, Space> spaces_; ///< those with a numbered call
  std::pair<SpaceId, Space*> last_{};         ///< calls come in runs of one address space
  std::unordered_set<SpaceId> waiting_;       ///< those in which something waits
  std::size_t count_ = 0;                     ///< of what waits in all
  std::uint64_t arrivals_ = 0;
};

} // namespace mlockscope::model
