// Reads the BPF iterator over mappings.
#pragma once

#include "capture/probes.hpp"

#include <optional>

namespace mlockscope::capture {

/// All records of one pass, over one process or over all.
[[nodiscard]] util::Result<std::vector<std::byte>> read_mappings(probes&,
                                                                 std::optional<std::uint32_t> pid);

} // namespace mlockscope::capture
