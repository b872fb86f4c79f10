#include "model/failures.hpp"

#include "model/kernel_word.hpp"
#include "model/linux_abi.hpp"
#include "model/request.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

bool asks_for_lock(const CallEvent& event) {
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2:
  case Call::mlockall:
    return true;
  case Call::mmap:
    return (event.flags & map_locked) != 0;
  default:
    return false;
  }
}

/// EINVAL and EEXIST are mistakes in the arguments, the others mean memory that stays unlocked.
Severity severity_of(std::int64_t ret) {
  return ret == -einval || ret == -eexist ? Severity::low : Severity::high;
}

/// What of the requested pages is locked now. No call locks a hole, so where there is one it is
/// never all of them.
KernelWord::Locked locked_after(const CallEvent& event, PageSize page) {
  using enum KernelWord::Locked;
  const bool range_lock = event.call == Call::mlock || event.call == Call::mlock2;
  if (event.imagined) return range_lock ? event.after.locked : unknown;
  const auto asked = range_lock ? applied_pages(page, event.addr, event.len) : std::nullopt;
  if (!asked || tells_all(event.after, *asked) || event.after.locked == some)
    return asked ? event.after.locked : unknown;
  if (!event.after.hole) return unknown; // the walk ended at its bound
  return event.after.locked == all ? some : event.after.locked;
}

} // namespace

bool is_refused_lock(const CallEvent& event) {
  // mm/secretmem.c: such memory is locked from birth, and mlock of it fails for that reason.
  const bool secret = event.failure && event.failure->secret_memory;
  return failed(event.ret) && asks_for_lock(event) && !interrupted(event.ret) && !secret;
}

std::optional<Failures::Key> Failures::add(const CallEvent& event, std::optional<PageRange> applied,
                                           PageSize page) {
  Key key{event.call, event.failure ? event.failure->place : 0, -event.ret};
  auto found = aggregates_.find(key);
  if (found == aggregates_.end() && aggregates_.size() >= max_places) {
    std::get<Address>(key) = 0;
    found = aggregates_.find(key);
  }
  if (found != aggregates_.end()) {
    ++found->second.finding.count;
    return std::nullopt;
  }
  Finding finding;
  finding.kind = Kind::lock_failed;
  finding.severity = severity_of(event.ret);
  finding.confidence = Confidence::verified; // the kernel returned it
  finding.space = event.space;
  finding.call = call_site(event, applied);
  finding.failure = event.failure;
  finding.locked_after = locked_after(event, page);
  aggregates_.emplace(key, Aggregate{std::move(finding), aggregates_.size(), false});
  return key;
}

std::optional<Finding> Failures::take(const Key& key) {
  const auto found = aggregates_.find(key);
  if (found == aggregates_.end() || found->second.taken) return std::nullopt;
  found->second.taken = true;
  return found->second.finding;
}

std::vector<Failures::Key> Failures::untaken() const {
  std::vector<std::pair<std::uint64_t, Key>> waiting;
  for (const auto& [key, aggregate] : aggregates_)
    if (!aggregate.taken) waiting.emplace_back(aggregate.order, key);
  std::sort(waiting.begin(), waiting.end());
  std::vector<Key> keys;
  for (const auto& [order, key] : waiting) keys.push_back(key);
  return keys;
}

} // namespace mlockscope::model
