// The threads of a block, each told once: their numbers, and where their last call was.
#pragma once

#include "model/event.hpp"

#include <cstdint>
#include <vector>

namespace mlockscope::recording {

/// The writer's side. A table with one place for a thread, found by its tid; when two share a
/// place, the later one takes it and the earlier one is told again. So it neither grows nor
/// searches, and is wrong never.
class Callers {
public:
  struct Known {
    model::SpaceId space{};
    model::Caller caller;
    std::uint32_t number = 0;
    model::Address last = 0; ///< address of its last call or fault in this block
  };

  /// Forgets all, for a new block.
  void clear() {
    ++block_;
    told_ = 0;
  }

  /// Null if this caller, exactly so, has not been told in this block.
  [[nodiscard]] Known* find(model::SpaceId space, const model::Caller& caller) {
    Place& place = places_[caller.tid % places_.size()];
    const bool same =
        place.block == block_ && place.known.space == space &&
        place.known.caller.tid == caller.tid && place.known.caller.pid == caller.pid &&
        place.known.caller.uid == caller.uid && place.known.caller.comm == caller.comm;
    return same ? &place.known : nullptr;
  }

  /// The next number is its own now.
  Known& tell(model::SpaceId space, const model::Caller& caller) {
    Place& place = places_[caller.tid % places_.size()];
    place = {block_, {space, caller, told_++, 0}};
    return place.known;
  }

private:
  struct Place {
    std::uint64_t block = 0; ///< older than the current one: empty
    Known known;
  };
  std::vector<Place> places_ = std::vector<Place>(1024);
  std::uint64_t block_ = 1;
  std::uint32_t told_ = 0;
};

} // namespace mlockscope::recording
