// Reads the BPF iterators, over mappings and over tasks.
#pragma once

#include "capture/probes.hpp"

#include <optional>

namespace mlockscope::capture {

/// The wire_mapping records of one process, or of all that are followed. `lister`: where the probes
/// only say which processes these are (bpf/snapshot.bpf.c, the plain build); else empty.
[[nodiscard]] util::Result<std::vector<std::byte>>
read_mappings(probes&, std::optional<std::uint32_t> pid, const Lister& lister);

/// A process as the probes see it.
struct Process {
  std::uint32_t pid = 0;   ///< 0: not in our PID namespace
  std::uint32_t level = 0; ///< depth of its PID namespace
  bool passes = false;     ///< the filters take it in
};

/// All processes, or the one.
[[nodiscard]] util::Result<std::vector<Process>> read_processes(probes&,
                                                                std::optional<std::uint32_t> pid);

/// Makes the probes send the last fault of every task.
[[nodiscard]] util::Status read_last_faults(probes&);

} // namespace mlockscope::capture
