#include "support/story.hpp"

#include "model/words.hpp"

#include <utility>

namespace mlockscope::test {

std::string text(Address at) {
  std::ostringstream out;
  if (at >= p && at < q)
    at == p ? out << "p" : out << "p+" << at - p;
  else if (at >= q && at < q + 0x4000'0000)
    at == q ? out << "q" : out << "q+" << at - q;
  else
    out << "0x" << std::hex << at;
  return out.str();
}

std::string text(ByteRange range) { return "[" + text(range.start) + "," + text(range.end) + ")"; }

std::string text(const Victim& victim) {
  std::ostringstream out;
  out << (victim.call ? word(*victim.call) : "unknown");
  if (victim.request) out << " " << text(*victim.request);
  if (victim.now) out << " now " << text(*victim.now);
  return out.str();
}

std::string text(const Inheritance& inherited) {
  std::string out;
  for (const Victim& each : inherited.claims) out += (out.empty() ? "" : ", ") + text(each);
  if (const auto more = inherited.claims_in_all - inherited.claims.size(); more != 0)
    out += " and " + std::to_string(more) + " more";
  return inherited.owner_ended ? out + " (owner ended)" : out;
}

namespace {

std::string_view word(FaultReading::Where where) {
  return where == FaultReading::Where::locked ? "locked" : "exposed";
}

std::string_view word(FaultReading::Cause cause) {
  using enum FaultReading::Cause;
  switch (cause) {
  case first_touch:
    return "first-touch";
  case copy_on_write:
    return "copy-on-write";
  case swap_in:
    return "swap-in";
  case unknown:
    break;
  }
  return "unknown";
}

} // namespace

std::string text(const Finding& finding) {
  std::ostringstream out;
  out << word(finding.kind) << " " << word(finding.severity) << " " << word(finding.confidence);
  if (finding.kind == Kind::lock_failed) out << " x" << finding.count;
  for (const ByteRange range : finding.exposed) out << " " << text(range);
  if (finding.opener) out << " by #" << static_cast<std::uint64_t>(*finding.opener);
  if (finding.inherited)
    out << " to " << finding.inherited->child_pid << " of " << text(*finding.inherited);
  else if (finding.victim)
    out << " of " << text(*finding.victim);
  return out.str();
}

std::string text(const Exposure& exposure) {
  std::ostringstream out;
  out << "closed " << static_cast<std::uint64_t>(exposure.finding) << " " << word(exposure.closed)
      << " " << exposure.bytes;
  return out.str();
}

std::string text(const FaultEvent& event, const FaultReading& reading) {
  std::ostringstream out;
  out << "fault " << text(event.addr) << " " << word(reading.where) << " " << word(reading.cause);
  if (reading.requested) out << " of " << text(*reading.requested);
  return out.str();
}

Story::Story(std::uint64_t page, Words words, Limits limits) : model_(PageSize(page), out, limits) {
  begin(page, words);
}

Story::Story(const Elsewhere& other, std::uint64_t page, Words words)
    : what_if_(std::make_unique<WhatIf>(*find_platform(other.platform), PageSize(page),
                                        PageSize(other.page), other.mappings)),
      model_(what_if_->granularity(), out) {
  begin(page, words);
}

void Story::begin(std::uint64_t page, Words words) {
  kernels_.push_back(std::make_unique<SimKernel>(PageSize(page), SpaceId{1}));
  sent_.emplace_back();
  kernel().silent = words == Words::silent;
  kernel().put(p, arena);
}

Story& Story::send(CallEvent event) {
  Sent& sent = sent_[current_];
  event.caller = caller();
  event.enter = now + 100;
  event.exit = now += 1000;
  event.born_clean = true;
  event.lost = sent.lost;
  ++sent.calls;
  last_ret_ = event.ret;
  if (tweak_) std::exchange(tweak_, {})(event);
  if (std::exchange(lose_next_, false))
    ++sent.lost;
  else
    give(std::move(event));
  return *this;
}

Story& Story::fork() {
  const auto number = kernels_.size();
  kernels_.push_back(kernel().fork(SpaceId{number + 1}));
  sent_.emplace_back();
  give(ForkEvent{.parent = space(),
                 .child = kernels_.back()->id,
                 .caller = caller(),
                 .child_pid = static_cast<std::uint32_t>(first_pid + number),
                 .time = now += 1000,
                 .lost = sent_[current_].lost});
  return *this;
}

Story& Story::end() {
  give(EndEvent{space(), now += 1000});
  return *this;
}

Story& Story::snapshot(std::uint64_t lost) {
  SnapshotEvent event;
  event.locks_future = kernel().future;
  event.space = space();
  event.pid = pid();
  event.time = now += 1000;
  event.calls_before = sent_[current_].calls;
  event.lost = std::max(lost, sent_[current_].lost);
  event.mappings = kernel().mappings();
  give(event);
  return *this;
}

Story& Story::wait(Time nanoseconds) {
  give(TickEvent{now += nanoseconds});
  return *this;
}

Story& Story::fault(Address at, const FaultKind& kind) {
  give(FaultEvent{.space = space(),
                  .caller = caller(),
                  .time = now += 1000,
                  .addr = at,
                  .major = kind.major,
                  .write = kind.write,
                  .present = kind.present,
                  .from_swap = kind.from_swap});
  return *this;
}

Story& Story::send_swap(Address at, std::uint64_t len, bool inferred) {
  give(SwapEvent{space(), now += 1000, {kernel().pages_of(at, len)}, inferred});
  return *this;
}

Story& Story::lost(std::uint64_t count, const LossKind& kind) {
  give(LostEvent{.count = count,
                 .time = now += 1000,
                 .cause = "test",
                 .in_ring = kind.in_ring,
                 .harmless = kind.harmless,
                 .space = kind.space});
  return *this;
}

Story& Story::finish() {
  model_.finish(now += 1000);
  return *this;
}

} // namespace mlockscope::test
