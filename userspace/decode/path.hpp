// Paths that the probes have walked; for the rest of this folder.
#pragma once

#include "bpf/wire.h"

#include <optional>
#include <string>

namespace mlockscope::decode {

/// From the root on; nothing if the probe could not read it whole.
[[nodiscard]] std::optional<std::string> path_of(const wire_path&);

} // namespace mlockscope::decode
