#include "cli/session.hpp"

#include "decode/decode.hpp"
#include "decode/snapshot.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace mlockscope::cli {
namespace {

constexpr model::Time millisecond = 1'000'000;
constexpr model::Time first_delay = 5 * millisecond;
constexpr model::Time longest_delay = 1000 * millisecond;
constexpr model::Time idle_interval = 50 * millisecond;
/// lock-failed findings are held back for this long; see model/failures.hpp.
constexpr model::Time tick_interval = 200 * millisecond;

std::uint64_t number(model::SpaceId space) { return static_cast<std::uint64_t>(space); }

bool moves_mappings_only(model::Call call) { return call >= model::Call::mmap; }

/// Calls after which bytes that were exposed may not be, or not there. mmap and brk can, too, but
/// programs make them all the time, and what was written shall rather be looked at.
bool ends_exposures(model::Call call) {
  return call != model::Call::mmap && call != model::Call::brk;
}

} // namespace

model::Time monotonic_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<model::Time>(now.tv_sec) * 1000 * millisecond +
         static_cast<model::Time>(now.tv_nsec);
}

Session::Session(capture::Tracer& tracer, Pipeline& pipeline, model::PageSize page,
                 model::Limits limits, const Keepers& keepers)
    : tracer_(tracer), pipeline_(pipeline), page_(page), correlator_(page, pipeline, limits),
      intake_(correlator_, pipeline.processes(), keepers),
      order_([this](const model::Event& event) { hand_on(event); }),
      recording_(keepers.recording != nullptr), swap_(tracer, correlator_, page),
      receiver_([this](capture::Tracer::Record record) { take(record); }) {}

util::Status Session::adopt() {
  auto stream = tracer_.adopt_all();
  if (!stream) return stream.error();
  auto snapshots = decode::decode_snapshots(stream.value());
  if (!snapshots) return snapshots.error();
  for (auto& snapshot : snapshots.value()) {
    intake_.see(snapshot.space, snapshot.pid);
    waiting_.emplace(snapshot.space, std::move(snapshot));
  }
  turn(capture::Pause::none);
  return util::success();
}

std::size_t Session::turn(capture::Pause next) {
  const model::Time now = monotonic_now(); // all that was sent by then is handled below
  std::size_t count = tracer_.drain(receiver_, next);
  if (count < capture::Tracer::most_at_once) order_.take(model::TickEvent{now});
  while (!waiting_.empty()) place_snapshot(waiting_.begin()->first);
  note_requests();
  if (count == 0) look_for_silent_loss();
  if (!requests_.empty()) read_snapshots();
  watch_faults_if_locked();
  count += look_for_swap();
  if (!maybe_idle_.empty()) mark_idle();
  report_lost();
  tend_intake();
  return count;
}

/// Where nobody locks anything, page faults cost nothing at all.
void Session::watch_faults_if_locked() {
  if (faults_watched_) return;
  const model::Totals& totals = correlator_.totals();
  faults_watched_ = totals.claims != 0 || totals.calls.contains(model::Call::mlockall);
  if (faults_watched_) tracer_.watch_faults();
}

/// Returns the number of things seen: if there are any, the reader must not sleep as announced.
std::size_t Session::look_for_swap() {
  note_exposing();
  auto seen = swap_.look(monotonic_now());
  const std::size_t count = seen.size();
  hand_over(std::move(seen));
  return count;
}

/// What was in swap counts for the exposures that were open then: what was sent until then comes
/// first.
void Session::hand_over(std::vector<model::SwapEvent> seen) {
  if (seen.empty()) return;
  seen_ = std::move(seen);
  while (tracer_.drain(receiver_, capture::Pause::none) == capture::Tracer::most_at_once) {
  }
  for (const model::SwapEvent& event : std::exchange(seen_, {})) order_.take(model::Event(event));
}

/// Before something happens to an address space: what was seen of it by then.
void Session::give_seen(model::SpaceId space, model::Time until) {
  for (const model::SwapEvent& event : swap_.take_written(space))
    intake_.handle(model::Event(event));
  const auto early = [&](const model::SwapEvent& event) {
    return event.space == space && event.time <= until;
  };
  for (const model::SwapEvent& event : seen_)
    if (early(event)) intake_.handle(model::Event(event));
  std::erase_if(seen_, early);
}

/// Asked for again after an answer: that one came at the wrong moment, so wait longer.
void Session::note_requests() {
  const auto wanted = pipeline_.take_wanted();
  for (const model::SpaceId space : answered_)
    if (!wanted.contains(space)) requests_.erase(space);
  answered_.clear();
  for (const auto& [space, pid] : wanted)
    requests_.try_emplace(space, Request{pid, monotonic_now(), first_delay}).first->second.pid =
        pid;
}

std::optional<model::Time> Session::next_due() const {
  if (!waiting_.empty()) return 0;
  model::Time due = correlator_.next_deadline();
  for (const auto& [space, request] : requests_) due = std::min(due, request.due);
  due = std::min({due, swap_.next_due(), order_.next_due()});
  const model::Time left = std::max(first_delay, due - std::min(due, monotonic_now()));
  if (!maybe_idle_.empty()) return std::min(left, idle_interval);
  if (correlator_.totals().address_spaces != 0) return std::min(left, tick_interval);
  if (due != ~model::Time{0}) return left;
  return std::nullopt;
}

model::Time Session::finish() {
  // Not being able to list tasks costs their last faults, and nothing else.
  static_cast<void>(tracer_.tell_last_faults());
  while (tracer_.drain(receiver_, capture::Pause::none) != 0) {
  }
  order_.finish();
  look_for_swap();
  hand_over(swap_.take_all_written());
  report_lost();
  const std::uint64_t lost = tracer_.counters().lost;
  const std::uint64_t known = correlator_.totals().lost_in_ring;
  if (lost > known)
    intake_.handle(model::LostEvent{lost - known, monotonic_now(), "ring buffer full", true});
  const model::Time now = monotonic_now();
  intake_.finish(now, stacks());
  return now;
}

model::StackCounts Session::stacks() const {
  const auto counters = tracer_.counters();
  // A stack whose code was not told may have no names: for a reader that is as good as none.
  return {.lost = counters.stacks_lost + counters.code_lost,
          .skipped = counters.stacks_skipped,
          .recycled = counters.stacks_recycled,
          .forgotten = intake_.calls_forgotten(),
          .unnamed = intake_.stacks_unnamed()};
}

void Session::take(capture::Tracer::Record record) {
  if (const auto birth = decode::decode_birth(record)) {
    intake_.born(*birth);
    return note_new(birth->space, birth->pid);
  }
  if (const auto stack = decode::decode_stack(record)) return intake_.stack(*stack);
  if (const auto code = decode::decode_code(record, page_)) return intake_.code(*code);
  if (const auto traffic = decode::decode_swap_traffic(record, page_))
    return take_traffic(*traffic);
  auto event = decode::decode(record, page_);
  if (!event) {
    order_.take(model::LostEvent{.count = 1,
                                 .time = monotonic_now(),
                                 .cause = event.error().message(),
                                 .space = decode::named_space(record)});
    return;
  }
  if (auto* call = std::get_if<model::CallEvent>(&event.value()))
    call->stack = intake_.number(call->stack);
  else if (auto* fork = std::get_if<model::ForkEvent>(&event.value()))
    fork->stack = intake_.number(fork->stack);
  order_.take(event.take());
}

/// In the kernel's order.
void Session::hand_on(const model::Event& event) {
  if (const auto* call = std::get_if<model::CallEvent>(&event)) return take_call(*call);
  if (const auto* ended = std::get_if<model::EndEvent>(&event)) return end(*ended);
  intake_.handle(event);
}

/// By other rules it matters where mappings begin and end, so a recording has the list of all.
void Session::note_new(model::SpaceId space, std::uint32_t pid) {
  if (recording_) requests_.try_emplace(space, Request{pid, monotonic_now(), first_delay});
}

/// What the correlator has opened by now is to be watched before the record that tells of it.
void Session::take_traffic(const decode::SwapTraffic& traffic) {
  note_exposing();
  swap_.traffic(traffic);
}

void Session::note_exposing() {
  for (const auto& [space, pid, on] : pipeline_.take_exposing()) swap_.exposing(space, pid, on);
}

void Session::end(const model::EndEvent& event) {
  give_seen(event.space, event.time);
  intake_.handle(event);
  pipeline_.forget(event.space);
  requests_.erase(event.space);
  waiting_.erase(event.space);
  maybe_idle_.erase(event.space);
}

void Session::take_call(const model::CallEvent& call) {
  if (intake_.see(call.space, call.caller.pid)) note_new(call.space, call.caller.pid);
  if (const auto snapshot = waiting_.find(call.space);
      snapshot != waiting_.end() && is_due(snapshot->second))
    place_snapshot(call.space);
  if (ends_exposures(call.call)) give_seen(call.space, call.exit);
  intake_.handle(call);
  if (moves_mappings_only(call.call)) maybe_idle_.insert(call.space);
}

/// A snapshot stands between two calls: it goes in as soon as all calls before it are in. The
/// correlator refuses it, and asks again, if that moment has passed, or has not come: then calls
/// before it were lost, and others wait for those.
void Session::place_snapshot(model::SpaceId space) {
  auto node = waiting_.extract(space);
  if (correlator_.calls_seen(space) == node.mapped().calls_before) order_.settle(space);
  intake_.handle(model::Event(std::move(node.mapped())));
  answered_.insert(space);
  maybe_idle_.insert(space);
}

bool Session::is_due(const model::SnapshotEvent& snapshot) const {
  return correlator_.calls_seen(snapshot.space) >= snapshot.calls_before;
}

void Session::read_snapshots() {
  const model::Time now = monotonic_now();
  for (auto request = requests_.begin(); request != requests_.end();) {
    auto& [space, wanted] = *request;
    ++request;
    if (wanted.due > now) continue;
    wanted.delay = std::min(2 * wanted.delay, longest_delay);
    wanted.due = now + wanted.delay;
    // The process that made the last call may only have shared the memory (vfork), and be gone.
    if (!read_snapshot(space, wanted.pid) && tracer_.live_spaces().contains(number(space)))
      read_snapshot(space, std::nullopt);
  }
}

/// Reads the list of one process, or of all. True if one has this address space, even if its list
/// fits between no two calls.
bool Session::read_snapshot(model::SpaceId space, std::optional<std::uint32_t> pid) {
  if (pid == 0) return false;
  auto stream = tracer_.mappings(pid);
  if (!stream || !decode::lists(stream.value(), space)) return false;
  auto snapshots = decode::decode_snapshots(stream.value());
  if (!snapshots) return false;
  for (auto& snapshot : snapshots.value())
    if (snapshot.space == space) waiting_.insert_or_assign(space, std::move(snapshot));
  return true;
}

/// A recording may be judged by other rules, by which something is still locked: it has all calls.
void Session::mark_idle() {
  if (recording_) return maybe_idle_.clear();
  const model::Time now = monotonic_now();
  if (now < idle_due_) return;
  idle_due_ = now + idle_interval;
  for (const model::SpaceId space : maybe_idle_)
    if (correlator_.idle(space)) tracer_.set_idle(number(space), correlator_.calls_seen(space));
  maybe_idle_.clear();
}

/// What the recording could not take in, it has to be told anew.
void Session::tend_intake() {
  for (const model::StackId stack : intake_.forgotten())
    tracer_.tell_again(static_cast<std::uint64_t>(stack));
  if (!intake_.tend(monotonic_now())) return;
  for (const auto& [space, pid] : correlator_.address_spaces())
    requests_.try_emplace(space, Request{pid, monotonic_now(), first_delay});
}

/// Losses that no record of a call will tell of.
void Session::report_lost() {
  const auto counters = tracer_.counters();
  if (counters.spaces_refused != refused_) {
    order_.take(model::LostEvent{counters.spaces_refused - refused_, monotonic_now(),
                                 "no room to follow one more process or call"});
    refused_ = counters.spaces_refused;
  }
  if (counters.faults_lost != faults_lost_) {
    order_.take(model::LostEvent{.count = counters.faults_lost - faults_lost_,
                                 .time = monotonic_now(),
                                 .cause = "ring buffer full",
                                 .in_ring = true,
                                 .harmless = true});
    faults_lost_ = counters.faults_lost;
  }
  if (counters.lifetimes_lost != lifetimes_lost_) {
    order_.take(model::LostEvent{counters.lifetimes_lost - lifetimes_lost_, monotonic_now(),
                                 "ring buffer full", true});
    lifetimes_lost_ = counters.lifetimes_lost;
    end_the_dead();
  }
}

/// The end of an address space was lost: the kernel's list says which ones are left.
void Session::end_the_dead() {
  const auto live = tracer_.live_spaces();
  tracer_.drain(receiver_, capture::Pause::none); // what ended before the list was made
  for (const auto& [space, pid] : correlator_.address_spaces())
    if (!live.contains(number(space))) order_.take(model::EndEvent{space, monotonic_now(), 0});
}

/// An address space may have lost its last calls and be silent since. Asked for when no record is
/// left: its next snapshot says how many there were.
void Session::look_for_silent_loss() {
  if (tracer_.counters().lost <= correlator_.totals().lost_in_ring) return;
  for (const auto& [space, live] : tracer_.live_spaces())
    if (live.lost != 0)
      requests_.try_emplace(model::SpaceId{space}, Request{live.pid, monotonic_now(), first_delay});
}

} // namespace mlockscope::cli
