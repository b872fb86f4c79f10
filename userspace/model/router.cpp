#include "model/router.hpp"

#include "model/fault.hpp"

#include <utility>

namespace mlockscope::model {
namespace {

/// How long a finding on a failed lock waits, so that it can say how often it happened. Long enough
/// for a start-up loop to be over, short enough for a person who watches.
constexpr Time failure_delay = 1'000'000'000;

void apply(Ledger& ledger, const CallEvent& event, const Request& request) {
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2:
    return apply_lock(ledger, event, request);
  case Call::munlock:
    return apply_munlock(ledger, event, request);
  case Call::mlockall:
    return apply_mlockall(ledger, event);
  case Call::munlockall:
    return apply_munlockall(ledger, event);
  case Call::mmap:
    return apply_mmap(ledger, event);
  case Call::munmap:
    return apply_munmap(ledger, event);
  case Call::mremap:
    return apply_mremap(ledger, event);
  case Call::brk:
    return apply_brk(ledger, event);
  case Call::shmat:
    return apply_shmat(ledger, event);
  case Call::shmdt:
    return apply_shmdt(ledger, event);
  case Call::fork:
    return; // comes as a ForkEvent
  }
}

} // namespace

Ledger* Router::find(SpaceId space) {
  if (last_ != nullptr && last_->id == space) return last_;
  const auto found = ledgers_.find(space);
  if (found == ledgers_.end()) return nullptr;
  return last_ = found->second.get();
}

const Ledger* Router::find(SpaceId space) const {
  const auto found = ledgers_.find(space);
  return found == ledgers_.end() ? nullptr : found->second.get();
}

std::vector<Ledger*> Router::ledgers() const {
  std::vector<Ledger*> all;
  for (const auto& [space, ledger] : ledgers_) all.push_back(ledger.get());
  std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return a->id < b->id; });
  return all;
}

void Router::visit_holdings(const std::function<void(const Holdings&)>& take) const {
  for (const auto& [space, ledger] : ledgers_)
    take({.space = space,
          .comm = ledger->comm,
          .complete = ledger->complete,
          .claims = ledger->claims.size(),
          .claimed_bytes = ledger->claims.bytes(),
          .locked_bytes = ledger->pages.locked_bytes(),
          .exposures = ledger->exposures.size(),
          .exposed_bytes = ledger->exposures.bytes()});
}

Ledger& Router::make(SpaceId space) {
  auto& slot = ledgers_[space];
  slot = std::make_unique<Ledger>(shared_, space);
  ++shared_.totals.address_spaces;
  return *(last_ = slot.get());
}

/// The books for a call, opened if this is the first that is heard of its address space.
Ledger& Router::ledger_of(const CallEvent& event) {
  Ledger* found = find(event.space);
  const bool fresh = found == nullptr;
  Ledger& ledger = fresh ? make(event.space) : *found;
  const bool nothing_before = event.born_clean && event.lost == 0;
  if (fresh) {
    ledger.complete = ledger.future_known = nothing_before;
    ledger.wants_snapshot = !nothing_before;
  } else if (!event.born_clean && ledger.parent && ledger.calls_seen == 0) {
    ledger.mark_partial(); // a forked child that locked something before its calls were traced
  }
  ledger.pid = event.caller.pid;
  ledger.comm = event.caller.comm;
  return ledger;
}

void Router::handle(const CallEvent& event) {
  ++shared_.totals.events;
  ++shared_.calls[static_cast<std::size_t>(event.call)];
  shared_.imagined = shared_.imagined || event.imagined;
  handle_due(event.exit);
  Ledger& ledger = ledger_of(event);
  note_loss(ledger, event.lost, event.exit);
  const Request request = read_request(shared_.page, event);
  shared_.out.call(event, read_call(event, request));
  apply(ledger, event, request);
  // Mappings that changed beside another call: what is locked in the end, the kernel's list tells.
  if (event.overlapped && event.call >= Call::mmap && !ledger.idle()) ledger.mark_partial();
  note_failure(ledger, event, request);
  ++ledger.calls_seen;
  tell_if_exposing(ledger);
  ask_if_wanted(ledger);
}

void Router::handle(const ForkEvent& event) {
  ++shared_.totals.events;
  handle_due(event.time);
  if (Ledger* parent = find(event.parent); parent != nullptr) {
    note_loss(*parent, event.lost, event.time);
    ask_if_wanted(*parent);
  }
  if (Ledger* known = find(event.child); known != nullptr) { // its first call overtook the fork
    known->parent = event.parent;
    inherit(event, *known);
    return;
  }
  // kernel/fork.c, dup_mmap(): the child has no locked page and no MCL_FUTURE.
  Ledger& child = make(event.child);
  child.pid = event.child_pid;
  child.comm = event.caller.comm;
  child.parent = event.parent;
  child.complete = child.future_known = true;
  inherit(event, child);
}

/// The child of a child that still waits for its verdict has what that one has: daemons fork twice.
void Router::inherit(const ForkEvent& event, Ledger& child) {
  Ledger* parent = find(event.parent);
  if (parent == nullptr) return;
  child.moved = child.moved || parent->moved;
  Inherited inherited(event);
  if (auto estate = parent->estate()) inherited.add({std::move(estate), {}});
  if (parent->inherited)
    for (const Inherited::Share& share : parent->inherited->shares()) inherited.add(share);
  if (inherited.empty()) return;
  child.inherited = std::move(inherited);
  heirs_.push_back(event.child);
}

void Router::ask_for_due_heirs(Time now) {
  while (!heirs_.empty()) {
    const auto found = ledgers_.find(heirs_.front());
    Ledger* heir = found == ledgers_.end() ? nullptr : found->second.get();
    if (heir != nullptr && heir->inherited) {
      if (deadline_of(*heir) >= now) return;
      heir->inherited->due = heir->wants_snapshot = true;
      ask_if_wanted(*heir);
    }
    heirs_.pop_front();
  }
}

void Router::conclude_inheritance(Ledger& heir, const SnapshotEvent& snapshot) {
  if (!heir.inherited || !heir.inherited->due) return;
  const auto ended = [this](SpaceId owner) { return !ledgers_.contains(owner); };
  auto finding = heir.inherited->conclude(snapshot, shared_.page, ended);
  heir.inherited.reset();
  if (finding) shared_.give(*finding);
}

void Router::handle(const FaultEvent& event) {
  ++shared_.totals.events;
  Ledger* ledger = find(event.space);
  const auto reading = ledger == nullptr ? std::nullopt : read_fault(*ledger, event);
  if (!reading) return;
  const bool locked = reading->where == FaultReading::Where::locked;
  FaultCounts& counts = locked ? shared_.totals.locked_faults : shared_.totals.exposed_faults;
  ++(event.major ? counts.major : counts.minor);
  shared_.out.fault(event, *reading);
  if (!event.from_swap || locked) return;
  const Address start = shared_.page.down(event.addr);
  judge_swap(*ledger, {event.space, event.time, {{start, start + shared_.page.bytes()}}});
}

void Router::handle(const SwapEvent& event) {
  ++shared_.totals.events;
  if (Ledger* ledger = find(event.space); ledger != nullptr) judge_swap(*ledger, event);
}

void Router::handle(const EndEvent& event) {
  ++shared_.totals.events;
  handle_due(event.time);
  Ledger* ledger = find(event.space);
  if (ledger == nullptr) return;
  note_loss(*ledger, event.lost, event.time);
  give_failures(*ledger);
  ledger->close_all(Closed::ended, event.time);
  tell_if_exposing(*ledger);
  ledger->drop_claims();
  --shared_.totals.address_spaces;
  last_ = nullptr;
  ledgers_.erase(event.space);
}

void Router::handle(const SnapshotEvent& event) {
  Ledger* found = find(event.space);
  // Calls that nobody has heard of yet stand before it: it comes too early to be of use.
  if (found == nullptr && event.calls_before > event.lost) {
    shared_.out.snapshot_wanted(event.space, event.pid);
    return;
  }
  Ledger& ledger = found == nullptr ? make(event.space) : *found;
  if (event.pid != 0) {
    ledger.pid = event.pid;
    ledger.comm = event.comm;
  }
  note_loss(ledger, event.lost, event.time);
  ledger.wants_snapshot = event.calls_before != ledger.calls_seen;
  if (!ledger.wants_snapshot) {
    ledger.take_snapshot(event);
    ++shared_.totals.resynchronisations;
    shared_.totals.last_resynchronisation = event.time;
    conclude_inheritance(ledger, event);
  }
  tell_if_exposing(ledger);
  ask_if_wanted(ledger);
}

void Router::handle(const LostEvent& event) {
  give_loss(event);
  if (event.harmless) return;
  if (!event.space) {
    for (Ledger* ledger : ledgers()) {
      ledger->forget();
      ask_if_wanted(*ledger);
    }
    return;
  }
  Ledger* known = find(*event.space);
  Ledger& ledger = known != nullptr ? *known : make(*event.space);
  ledger.forget();
  ledger.calls_seen += event.count;
  if (known != nullptr) ask_if_wanted(ledger); // else once its process is known
}

void Router::give_loss(const LostEvent& event) {
  shared_.totals.lost += event.count;
  if (event.in_ring) shared_.totals.lost_in_ring += event.count;
  if (event.count != 0) shared_.out.lost(event);
}

void Router::finish(Time now) {
  for (Ledger* ledger : ledgers()) {
    give_failures(*ledger);
    ledger->close_all(Closed::open, now);
  }
  waiting_.clear();
}

void Router::note_loss(Ledger& ledger, std::uint64_t lost_in_all, Time now) {
  if (lost_in_all <= ledger.lost) return;
  const std::uint64_t count = lost_in_all - ledger.lost;
  give_loss({.count = count,
             .time = now,
             .cause = "ring buffer full",
             .in_ring = true,
             .space = ledger.id});
  ledger.lost += count;
  ledger.calls_seen += count;
  ledger.forget();
}

void Router::note_failure(Ledger& ledger, const CallEvent& event, const Request& request) {
  if (!is_refused_lock(event)) return;
  ++shared_.totals.lock_failures;
  if (const auto key = ledger.failures.add(event, request.applied, shared_.page))
    waiting_.push_back({event.exit + failure_delay, event.space, *key});
}

void Router::give_due_failures(Time now) {
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const Waiting first = waiting_.front();
    waiting_.pop_front();
    const auto ledger = ledgers_.find(first.space);
    if (ledger == ledgers_.end()) continue;
    if (auto finding = ledger->second->failures.take(first.key)) shared_.give(*finding);
  }
}

void Router::give_failures(Ledger& ledger) {
  for (const Failures::Key& key : ledger.failures.untaken())
    if (auto finding = ledger.failures.take(key)) shared_.give(*finding);
}

void Router::ask_if_wanted(Ledger& ledger) {
  if (!ledger.wants_snapshot) return;
  ledger.wants_snapshot = false;
  shared_.out.snapshot_wanted(ledger.id, ledger.pid);
}

void Router::handle_due(Time now) {
  give_due_failures(now);
  ask_for_due_heirs(now);
}

void Router::tell_if_exposing(Ledger& ledger) {
  const bool exposing = !ledger.exposures.empty();
  if (exposing == ledger.was_exposing) return;
  ledger.was_exposing = exposing;
  shared_.out.exposing(ledger.id, ledger.pid, exposing);
}

const Totals& Router::totals() {
  totals_ = shared_.totals;
  for (std::size_t at = 0; at < shared_.calls.size(); ++at)
    if (shared_.calls[at] != 0) totals_.calls[static_cast<Call>(at)] = shared_.calls[at];
  for (std::size_t at = 0; at < shared_.findings.size(); ++at)
    if (shared_.findings[at] != 0) totals_.findings[static_cast<Kind>(at)] = shared_.findings[at];
  return totals_;
}

} // namespace mlockscope::model
