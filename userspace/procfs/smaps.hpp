// The kernel's list of mappings with what it holds locked: /proc/PID/smaps.
#pragma once

#include "model/event.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mlockscope::procfs {

using Mappings = std::vector<model::SnapshotEvent::Mapping>;

/// Parses the text of a smaps file. Lines of kinds it does not know are passed over; a mapping
/// that cannot be read, out of order, or without VmFlags, is an error: half a list would make
/// locked pages look unlocked.
[[nodiscard]] util::Result<Mappings> parse_smaps(std::string_view text);

/// Reads ROOT/PID/smaps. The kernel lists it piece by piece: a process that changes its mappings
/// meanwhile gets a list that was never true as a whole. Empty for a process without memory.
[[nodiscard]] util::Result<Mappings> read_smaps(const std::string& root, std::uint32_t pid);

} // namespace mlockscope::procfs
