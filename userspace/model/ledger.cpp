#include "model/ledger.hpp"

#include "model/linux_abi.hpp"
#include "model/request.hpp"

namespace mlockscope::model {

void Ledger::claim(ByteRange request, const CallEvent& event) {
  if (request.empty()) return;
  Totals& totals = shared.totals;
  if (claims.size() >= shared.limits.claims_per_space || totals.claims >= shared.limits.claims) {
    ++totals.claims_dropped;
    claims_missing = true;
    return;
  }
  claims.add(request, event.call, event.caller.tid, event.exit, event.stack);
  ++totals.claims;
}

Victim Ledger::victim_of(Claims::Number number) const {
  const Claim& claim = claims[number];
  return {.request = claim.request,
          .now = claims.moved_to(number),
          .call = claim.call,
          .locked_at = claim.locked_at,
          .tid = claim.tid,
          .stack = claim.stack};
}

std::optional<Victim> Ledger::victim_of(const Exposures::Opening& opening) const {
  if (opening.claim) return victim_of(*opening.claim);
  if (!opening.lock_all) return std::nullopt;
  return Victim{.request = {},
                .now = {},
                .call = Call::mlockall,
                .locked_at = opening.lock_all->at,
                .tid = opening.lock_all->tid,
                .stack = opening.lock_all->stack};
}

std::shared_ptr<const Estate> Ledger::estate() {
  if (estate_version_ != holdings_version()) estate_ = estate_of(*this);
  estate_version_ = holdings_version();
  return estate_;
}

void Ledger::unmap(PageRange range, Time now) {
  if (range.empty()) return;
  if (inherited) inherited->lose(range);
  if (!claims.empty()) {
    const std::size_t before = claims.size();
    losses_.clear();
    claims.cut(bytes_of(range), losses_);
    shared.totals.claims -= before - claims.size();
  }
  close(bytes_of(range), Closed::unmapped, now);
  pages.change(range, [](PageRange, const PageState&) { return PageState{}; });
}

void Ledger::move(PageRange from, Address to, Time now) {
  const Address distance = to - from.start;
  moved = true;
  if (inherited) inherited->lose(from);
  std::vector<std::pair<PageRange, PageState>> taken;
  pages.change(from, [&](PageRange part, const PageState& state) {
    taken.emplace_back(part, state);
    return PageState{};
  });
  claims.move(bytes_of(from), distance);
  exposures.move(bytes_of(from), distance);
  for (const auto& each : taken)
    set({each.first.start + distance, each.first.end + distance}, now,
        [&](PageRange, const PageState&) { return each.second; });
}

void Ledger::give_closed(const Exposures::Opening& opening, std::uint64_t bytes, Closed how,
                         Time now) {
  --shared.totals.exposures;
  shared.out.exposure({.finding = opening.finding,
                       .space = id,
                       .pid = opening.call.caller.pid,
                       .comm = opening.call.caller.comm,
                       .closed = how,
                       .opened = opening.call.time,
                       .ended = now,
                       .bytes = bytes});
}

void Ledger::close(ByteRange range, Closed how, Time now) {
  exposures.cut(range, [&](const Exposures::Opening& opening, std::uint64_t bytes) {
    give_closed(opening, bytes, how, now);
  });
}

void Ledger::close_of(Claims::Number claim, ByteRange range, Closed how, Time now) {
  exposures.cut_of(claim, range, [&](const Exposures::Opening& opening, std::uint64_t bytes) {
    give_closed(opening, bytes, how, now);
  });
}

void Ledger::close_all(Closed how, Time now) {
  exposures.close_all([&](const Exposures::Opening& opening, std::uint64_t bytes) {
    give_closed(opening, bytes, how, now);
  });
}

void Ledger::drop_claims() {
  shared.totals.claims -= claims.size();
  claims.clear();
}

/// The kernel has pages locked that the books do not.
PageState Ledger::learn_locked(const CallEvent& event, PageRange part, PageState state,
                               bool& agrees) const {
  state.locked = true;
  // memfd_secret memory is locked from birth, and no munlock or munlockall changes that
  // (mm/mlock.c, mlock_fixup: vma_is_secretmem).
  bool outlives_munlock = tells_stubborn(event);
  read_word(event.after, part, [&](PageRange, std::optional<bool> locked) {
    outlives_munlock = outlives_munlock && locked.value_or(false);
  });
  const bool secret = event.failure && event.failure->secret_memory && event.call != Call::munlock;
  state.stubborn = outlives_munlock || secret;
  // A locked stack grows by locked pages, and no call says so (mm/mmap.c, expand_downwards).
  const bool grown = event.before.grows_down;
  state.foreign = !complete || !(grown || state.stubborn);
  if (complete && state.foreign) agrees = false;
  return state;
}

bool Ledger::learn(const CallEvent& event, PageRange applied) {
  // While calls overlap, the word at entry may be older than what the events before this one say:
  // those were read at exit, after their places in the stream were taken.
  if (!event.before.known() || event.overlapped) return true;
  bool agrees = true;
  read_word(event.before, applied, [&](PageRange told, std::optional<bool> locked) {
    if (!locked) return;
    set(told, event.exit, [&](PageRange part, PageState state) {
      if (!*locked) {
        if (!state.locked) return state;
        // mlockall skips what cannot be locked, without a word (mm/mlock.c, apply_mlockall_flags).
        if (state.assumed) return PageState{};
        if (complete) agrees = false;
        return state.unlocked();
      }
      if (!state.locked) state = learn_locked(event, part, state, agrees);
      state.by_word = true;
      state.assumed = false;
      return state;
    });
  });
  return agrees;
}

/// Of two such calls that were under way together, nothing tells which one the kernel did last.
void Ledger::set_future(std::uint32_t made, const CallEvent& event) {
  future = made;
  future_known = event.enter >= last_all;
  last_all = std::max(last_all, event.exit);
}

void Ledger::mark_partial() {
  if (complete) wants_snapshot = true;
  complete = false;
}

void Ledger::note_divergence() {
  ++shared.totals.divergences;
  wants_snapshot = true;
}

void Ledger::forget() {
  drop_claims();
  exposures.forget_claims();
  pages.clear();
  lock_alls.clear();
  recent.clear();
  future = 0;
  claims_missing = false;
  inherited.reset(); // what became of the copies is not known
  complete = future_known = false;
  wants_snapshot = true;
}

/// Returns false if the books were wrong about this mapping.
bool Ledger::take_mapping(const SnapshotEvent::Mapping& mapping, Time now) {
  bool agrees = true;
  set(mapping.pages, now, [&](PageRange, PageState state) {
    if (state.locked == mapping.locked) {
      state.assumed = false;
      return state;
    }
    if (!mapping.locked) {
      if (state.assumed) return PageState{};
      agrees = false;
      return state.unlocked();
    }
    state.locked = true;
    state.foreign = !complete || !mapping.grows_down;
    if (!mapping.grows_down) agrees = false;
    return state;
  });
  return agrees;
}

void Ledger::drop_unmapped(const SnapshotEvent& snapshot) {
  Address at = 0;
  for (const auto& mapping : snapshot.mappings) {
    unmap({at, mapping.pages.start}, snapshot.time);
    at = std::max(at, mapping.pages.end);
  }
  unmap({at, every_page.end}, snapshot.time);
}

/// Returns false if the books were wrong. A lock-all that nobody saw has no number.
bool Ledger::take_future(bool in_force) {
  const bool agrees = !future_known || in_force == (future != 0);
  if (!in_force) future = 0;
  future_known = !in_force || future != 0;
  return agrees;
}

void Ledger::take_snapshot(const SnapshotEvent& snapshot) {
  bool agrees = take_future(snapshot.locks_future);
  if (!complete) drop_unmapped(snapshot);
  for (const auto& mapping : snapshot.mappings)
    if (!mapping.special) agrees = take_mapping(mapping, snapshot.time) && agrees;
  if (complete && !agrees) ++shared.totals.divergences;
  complete = true;
}

bool Ledger::idle() const {
  return complete && future_known && future == 0 && pages.empty() && claims.empty() &&
         exposures.empty() && !inherited;
}

} // namespace mlockscope::model
