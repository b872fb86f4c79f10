#include "report/groups.hpp"

#include "model/words.hpp"
#include "report/clock.hpp"
#include "report/place.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::Kind;

bool needs_victim(Kind kind) { return kind != Kind::lock_failed && kind != Kind::fork; }

/// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: its offset basis and prime for 64 bits.
class Fnv {
public:
  void add(std::string_view text) {
    for (const char byte : text) mix(static_cast<unsigned char>(byte));
    mix(0);
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

std::string fingerprint_of(const model::Stack& stack) {
  const model::Frame* place = place_of(stack);
  return place != nullptr ? fingerprint(*place) : "";
}

Group begun(GroupId id, const model::Finding& finding, const Context& context) {
  Group group{.id = id,
              .kind = finding.kind,
              .severity = finding.severity,
              .first = time_of(finding),
              .last = time_of(finding),
              .call_place = *place_of(context.call_stack),
              .example = finding.id,
              .comm = finding.call.caller.comm};
  const model::Frame* victim = place_of(context.victim_stack);
  if (needs_victim(finding.kind) && victim != nullptr) group.victim_place = *victim;
  return group;
}

void add(Group& group, const model::Finding& finding, const Context& context) {
  group.severity = std::max(group.severity, finding.severity);
  ++group.findings;
  group.count += finding.count;
  group.first = std::min(group.first, time_of(finding));
  group.last = std::max(group.last, time_of(finding));
  group.bytes += finding.exposed_bytes;
  if (context.suppressed_by) ++group.suppressed;
}

} // namespace

std::optional<GroupId> group_of(const model::Finding& finding, const Context& context) {
  const std::string call = fingerprint_of(context.call_stack);
  const bool needed = needs_victim(finding.kind);
  const std::string victim = needed ? fingerprint_of(context.victim_stack) : "";
  if (call.empty() || (needed && victim.empty())) return std::nullopt;
  Fnv hash;
  hash.add(word(finding.kind));
  hash.add(call);
  hash.add(victim);
  return GroupId{hash.value()};
}

std::string group_text(GroupId id) {
  return fmt::format("{:016x}", static_cast<std::uint64_t>(id));
}

void Groups::assign(const model::Finding& finding, Context& context) {
  context.group = group_of(finding, context);
  context.nth = 1;
  if (!context.group) {
    ++without_group_;
    return;
  }
  auto at = groups_.find(*context.group);
  if (at == groups_.end()) {
    if (groups_.size() >= bound) {
      ++others_;
      return;
    }
    at = groups_.emplace(*context.group, begun(*context.group, finding, context)).first;
  }
  add(at->second, finding, context);
  context.nth = at->second.findings;
}

std::vector<Group> Groups::ranked() const {
  std::vector<Group> list;
  for (const auto& [id, group] : groups_)
    if (group.suppressed < group.findings) list.push_back(group);
  std::stable_sort(list.begin(), list.end(), [](const Group& a, const Group& b) {
    return a.severity != b.severity ? a.severity > b.severity : a.count > b.count;
  });
  return list;
}

} // namespace mlockscope::report
