// The iterator's stream of mappings -> snapshots of address spaces.
#pragma once

#include "model/event.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace mlockscope::decode {

/// One snapshot for each address space in the stream in which no traced call was under way while
/// it was listed; the others cannot be placed between two calls and are left out. An address space
/// that is listed more than once (threads, vfork) is taken once.
[[nodiscard]] util::Result<std::vector<model::SnapshotEvent>>
decode_snapshots(std::span<const std::byte> stream);

/// True if the stream has mappings of that address space, in a snapshot or not.
[[nodiscard]] bool lists(std::span<const std::byte> stream, model::SpaceId);

} // namespace mlockscope::decode
