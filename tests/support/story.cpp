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

std::string text(const Finding& finding) {
  std::ostringstream out;
  out << word(finding.kind) << " " << word(finding.severity) << " " << word(finding.confidence);
  if (finding.kind == Kind::lock_failed) out << " x" << finding.count;
  for (const ByteRange range : finding.exposed) out << " " << text(range);
  if (!finding.victim) return out.str();
  out << " of " << (finding.victim->call ? word(*finding.victim->call) : "unknown");
  if (finding.victim->request) out << " " << text(*finding.victim->request);
  if (finding.victim->now) out << " now " << text(*finding.victim->now);
  return out.str();
}

std::string text(const Exposure& exposure) {
  std::ostringstream out;
  out << "closed " << static_cast<std::uint64_t>(exposure.finding) << " " << word(exposure.closed)
      << " " << exposure.bytes;
  return out.str();
}

Story::Story(std::uint64_t page, Words words, Limits limits) : model_(PageSize(page), out, limits) {
  kernels_.push_back(std::make_unique<SimKernel>(PageSize(page), SpaceId{1}));
  sent_.emplace_back();
  kernel().silent = words == Words::silent;
  kernel().put(p, arena);
}

Story& Story::send(CallEvent event) {
  Sent& sent = sent_[current_];
  event.caller.pid = 100 + static_cast<std::uint32_t>(current_);
  event.caller.tid = tid;
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
    model_.handle(event);
  return *this;
}

Story& Story::fork() {
  const auto number = kernels_.size();
  auto child = std::make_unique<SimKernel>(kernel().page, SpaceId{number + 1});
  child->silent = kernel().silent;
  child->heap_end = kernel().heap_end;
  child->pages = kernel().pages;
  for (auto& [at, page] : child->pages) page.locked = false;
  model_.handle(ForkEvent{.parent = space(),
                          .child = child->id,
                          .caller = {},
                          .child_pid = 100 + static_cast<std::uint32_t>(number),
                          .time = now += 1000});
  kernels_.push_back(std::move(child));
  sent_.emplace_back();
  return *this;
}

Story& Story::in_child() {
  current_ = kernels_.size() - 1;
  return *this;
}

Story& Story::in_parent() {
  current_ = 0;
  return *this;
}

Story& Story::end() {
  model_.handle(EndEvent{space(), now += 1000});
  return *this;
}

Story& Story::snapshot(std::uint64_t lost) {
  SnapshotEvent event;
  event.locks_future = kernel().future;
  event.space = space();
  event.pid = 100 + static_cast<std::uint32_t>(current_);
  event.time = now += 1000;
  event.calls_before = sent_[current_].calls;
  event.lost = std::max(lost, sent_[current_].lost);
  event.mappings = kernel().mappings();
  model_.handle(event);
  return *this;
}

Story& Story::tick(Time seconds) {
  model_.handle(TickEvent{now += seconds * 1'000'000'000});
  return *this;
}

Story& Story::finish() {
  model_.finish(now += 1000);
  return *this;
}

} // namespace mlockscope::test
