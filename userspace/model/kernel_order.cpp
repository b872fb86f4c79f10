#include "model/kernel_order.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mlockscope::model {
namespace {

constexpr std::uint64_t wrap = std::uint64_t{1} << 32;

std::uint64_t after(std::uint64_t number) {
  ++number;
  return number % wrap == 0 ? number + 1 : number; // 0 is no number
}

/// How many numbers there are from one up to another, without that one.
std::uint64_t numbers(std::uint64_t from, std::uint64_t to) {
  return to - from - ((to - 1) / wrap - (from - 1) / wrap);
}

/// The number with these low bits that is nearest to another.
std::uint64_t nearest(std::uint64_t to, std::uint32_t low) {
  const auto distance = static_cast<std::int32_t>(low - static_cast<std::uint32_t>(to));
  return to + static_cast<std::uint64_t>(static_cast<std::int64_t>(distance));
}

} // namespace

void KernelOrder::take(Event&& event) {
  if (auto* call = std::get_if<CallEvent>(&event)) {
    if (call->sequence != 0) return take_call(std::move(event), *call);
    if (waiting_.empty()) return next_(event);
    return take_plain(std::move(event), call->space, call->exit);
  }
  if (const auto* time = std::get_if<TickEvent>(&event)) return tick(*time);
  if (!waiting_.empty()) {
    if (const auto* fault = std::get_if<FaultEvent>(&event))
      return take_plain(std::move(event), fault->space, fault->time);
    if (const auto* swap = std::get_if<SwapEvent>(&event))
      return take_plain(std::move(event), swap->space, swap->time);
    give_before(event);
  }
  next_(event);
  if (const auto* end = std::get_if<EndEvent>(&event)) {
    spaces_.erase(end->space);
    last_ = {};
  }
}

KernelOrder::Space& KernelOrder::space_of(const CallEvent& call) {
  if (last_.second != nullptr && last_.first == call.space) return *last_.second;
  const auto [found, fresh] = spaces_.try_emplace(call.space);
  Space& space = found->second;
  if (fresh) {
    space.lost = call.lost;
    space.next = wrap + (call.lost == 0 && call.sequence <= most_at_once ? 1 : call.sequence);
  }
  last_ = {call.space, &space};
  return space;
}

/// In the common case it is its turn, and nothing waits for it.
void KernelOrder::take_call(Event&& event, CallEvent& call) {
  Space& space = space_of(call);
  if (call.lost > space.lost) note_loss(call.space, space, call.lost);
  const std::uint64_t number = nearest(space.next, call.sequence);
  if (number < space.next) return give_late(space, event, call);
  if (number == space.next) {
    give(space, event, call, number);
    if (!space.waiting.empty()) give_due(call.space, space);
  } else {
    hold(call.space, space, std::move(event), number, true, call.exit);
  }
  if (std::exchange(space.listed, false)) space.lost_numbers = 0;
}

/// What has no number stays behind what came before it.
void KernelOrder::take_plain(Event&& event, SpaceId id, Time time) {
  const auto found = spaces_.find(id);
  if (found == spaces_.end()) return next_(event);
  Space& space = found->second;
  const auto* call = std::get_if<CallEvent>(&event);
  if (call != nullptr && call->lost > space.lost) note_loss(id, space, call->lost);
  if (space.waiting.empty()) return next_(event);
  hold(id, space, std::move(event), space.waiting.rbegin()->first.first, false, time);
}

/// What is told of an address space as a whole is told of what waits there, too. Lists of mappings
/// have been placed by whoever brings them.
void KernelOrder::give_before(const Event& event) {
  if (const auto* end = std::get_if<EndEvent>(&event)) return give_all(end->space);
  if (const auto* fork = std::get_if<ForkEvent>(&event)) return give_all(fork->parent);
  const auto* lost = std::get_if<LostEvent>(&event);
  if (lost == nullptr || lost->harmless) return;
  if (lost->space)
    give_all(*lost->space);
  else
    give_all();
}

/// Time has passed for the model only up to what it has not been told yet.
void KernelOrder::tick(TickEvent tick) {
  const Time now = tick.time;
  if (!waiting_.empty()) {
    const std::vector<SpaceId> all(waiting_.begin(), waiting_.end());
    for (const SpaceId id : all) give_older(id, spaces_.at(id), now);
  }
  for (const SpaceId id : waiting_) tick.time = std::min(tick.time, spaces_.at(id).oldest);
  next_(tick);
}

void KernelOrder::settle(SpaceId id) {
  const auto found = spaces_.find(id);
  if (found == spaces_.end()) return;
  found->second.missing = 0;
  found->second.listed = true;
}

void KernelOrder::finish() { give_all(); }

Time KernelOrder::next_due() const {
  Time due = ~Time{0};
  for (const SpaceId id : waiting_) due = std::min(due, spaces_.at(id).oldest + patience);
  return due;
}

void KernelOrder::note_loss(SpaceId id, Space& space, std::uint64_t lost) {
  space.lost_numbers += lost - space.lost;
  space.lost = lost;
  give_due(id, space);
}

/// A call whose turn it is. While one that was passed over may still be under way, the order is not
/// known, whatever the numbers are.
void KernelOrder::give(Space& space, Event& event, CallEvent& call, std::uint64_t number) {
  if (call.settled && space.missing == 0) call.overlapped = false;
  space.next = after(number);
  next_(event);
}

void KernelOrder::give_late(Space& space, Event& event, CallEvent& call) {
  space.missing -= std::min<std::uint64_t>(space.missing, 1);
  call.overlapped = true;
  call.before = call.after = KernelWord{};
  next_(event);
}

void KernelOrder::hold(SpaceId id, Space& space, Event&& event, std::uint64_t number, bool numbered,
                       Time time) {
  space.oldest = space.waiting.empty() ? time : std::min(space.oldest, time);
  space.waiting.emplace(Place{number, ++arrivals_}, Waiting{std::move(event), time, numbered});
  waiting_.insert(id);
  ++count_;
  if (space.waiting.size() > most_waiting_of_one || count_ > most_waiting)
    return give_all(id, space);
  give_due(id, space);
  give_older(id, space, time);
}

/// Gives on what waits for nothing any more.
void KernelOrder::give_due(SpaceId id, Space& space) {
  while (!space.waiting.empty()) {
    const auto first = space.waiting.begin();
    const std::uint64_t number = first->first.first;
    if (number > space.next) {
      if (numbers(space.next, number) > space.lost_numbers) return;
      pass_over(space);
    }
    auto node = space.waiting.extract(first);
    --count_;
    if (space.waiting.empty()) waiting_.erase(id);
    Event& event = node.mapped().event;
    auto* call = node.mapped().numbered ? &std::get<CallEvent>(event) : nullptr;
    if (call == nullptr)
      next_(event);
    else if (number == space.next)
      give(space, event, *call, number);
    else
      give_late(space, event, *call); // no kernel gives a number twice
  }
}

/// What the first that waits has waited for was lost, or does not come soon enough.
void KernelOrder::pass_over(Space& space) {
  auto& [place, first] = *space.waiting.begin();
  const std::uint64_t missing = numbers(space.next, place.first);
  const std::uint64_t lost = std::min(missing, space.lost_numbers);
  space.lost_numbers -= lost;
  space.missing += missing; // also those: what was lost may have been something without a number
  space.next = place.first;
  if (auto* call = std::get_if<CallEvent>(&first.event)) call->settled = false;
}

void KernelOrder::give_all(SpaceId id, Space& space) {
  while (!space.waiting.empty()) {
    pass_over(space);
    give_due(id, space);
  }
}

void KernelOrder::give_all(SpaceId id) {
  const auto found = spaces_.find(id);
  if (found != spaces_.end()) give_all(id, found->second);
}

void KernelOrder::give_all() {
  const std::vector<SpaceId> all(waiting_.begin(), waiting_.end());
  for (const SpaceId id : all) give_all(id);
}

/// `oldest` may be of something that has been given on: it is put right only when it matters.
void KernelOrder::give_older(SpaceId id, Space& space, Time now) {
  while (!space.waiting.empty() && space.oldest + patience <= now) {
    Time oldest = ~Time{0};
    for (const auto& [place, each] : space.waiting) oldest = std::min(oldest, each.since);
    space.oldest = oldest;
    if (oldest + patience > now) return;
    pass_over(space);
    give_due(id, space);
  }
}

} // namespace mlockscope::model
