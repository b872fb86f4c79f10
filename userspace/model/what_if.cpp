#include "model/what_if.hpp"

#include "model/linux_abi.hpp"

namespace mlockscope::model {

using namespace linux_abi;

WhatIf::WhatIf(const Platform& platform, PageSize recorded, PageSize wanted, Mappings mappings)
    : terms_{platform, recorded,
             PageSize(std::max<std::uint64_t>(wanted.bytes(), platform.granule.is)),
             PageSize(std::min(recorded.bytes(), wanted.bytes()))},
      mappings_(mappings) {}

bool WhatIf::needed(const Platform& platform, PageSize recorded, PageSize wanted) {
  return platform.name != platforms().front().name || recorded != wanted;
}

void WhatIf::translate(Event& event) {
  std::visit([this](auto& each) { translate_each(each); }, event);
}

OtherSpace* WhatIf::find(SpaceId space) {
  const auto found = spaces_.find(space);
  return found == spaces_.end() ? nullptr : found->second.get();
}

OtherSpace& WhatIf::make(SpaceId space) {
  auto& slot = spaces_[space];
  slot = std::make_unique<OtherSpace>(terms_);
  return *slot;
}

/// As the ledger does it: from here on nothing is known, until the kernel's next list.
void WhatIf::note_loss(OtherSpace& space, std::uint64_t lost_in_all) {
  if (lost_in_all <= space.lost) return;
  space.calls_seen += lost_in_all - space.lost;
  space.lost = lost_in_all;
  space.forget();
}

void WhatIf::translate_each(CallEvent& event) {
  OtherSpace* known = find(event.space);
  OtherSpace& space = known != nullptr ? *known : make(event.space);
  if (known == nullptr) space.known = space.future_known = event.born_clean && event.lost == 0;
  note_loss(space, event.lost);
  const bool held = space.holds_recorded();
  const bool worked = !failed(event.ret);
  event.imagined = true;
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2:
  case Call::munlock:
    translate_lock(space, event);
    break;
  case Call::mlockall:
  case Call::munlockall:
    translate_lock_all(space, event);
    break;
  default:
    translate_mapping(space, event);
  }
  if (worked && failed(event.ret)) ++refused_[{event.call, -event.ret}];
  if (held && !space.holds_recorded() && mappings_ == Mappings::while_locked) space.layout.forget();
  ++space.calls_seen;
}

// No platform's child inherits a lock, or MCL_FUTURE.
void WhatIf::translate_each(ForkEvent& event) {
  OtherSpace* parent = find(event.parent);
  if (parent != nullptr) note_loss(*parent, event.lost);
  if (find(event.child) != nullptr) return; // its first call overtook the fork
  OtherSpace& child = make(event.child);
  if (parent != nullptr) child.layout = parent->layout.copied();
  child.known = child.future_known = true;
}

void WhatIf::translate_each(EndEvent& event) { spaces_.erase(event.space); }

void WhatIf::translate_each(SnapshotEvent& event) {
  OtherSpace* known = find(event.space);
  if (known == nullptr && event.calls_before > event.lost) return; // of use to nobody
  OtherSpace& space = known != nullptr ? *known : make(event.space);
  note_loss(space, event.lost);
  if (event.calls_before != space.calls_seen) return; // the correlator does not take it, either
  const bool agrees = space.future_recorded == event.locks_future;
  space.future_known = !event.locks_future || agrees;
  space.future_recorded = event.locks_future;
  if (!agrees) space.future = event.locks_future && terms_.rules.lock_all.is == LockAll::works;
  event.locks_future = space.future;
  space.take_list(event);
}

void WhatIf::translate_each(LostEvent& event) {
  if (event.harmless) return;
  if (!event.space) {
    for (const auto& [id, space] : spaces_) space->forget();
    return;
  }
  OtherSpace* known = find(*event.space);
  OtherSpace& space = known != nullptr ? *known : make(*event.space);
  space.forget();
  space.calls_seen += event.count;
}

} // namespace mlockscope::model
