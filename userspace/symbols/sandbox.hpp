// What is left of a process before it parses hostile files.
#pragma once

#include "util/result.hpp"

#include <cstdint>

namespace mlockscope::symbols {

struct SandboxLimits {
  std::uint64_t memory = 0; ///< RLIMIT_AS, bytes; without effect under AddressSanitizer
  bool verbose = false;     ///< keeps standard error
};

/// For good: no other user's files (nobody, if it was root), no capabilities, no new privileges,
/// limits, no descriptors but `kept`, and a system call filter, seccomp(2): memory, reading and
/// writing of what is open, time, and the end. open(2) works only for "/proc/self/fd/N", and gives
/// a duplicate of that descriptor, because libraries open files by their path. Everything else
/// fails with EPERM.
[[nodiscard]] util::Status enter_sandbox(int kept, const SandboxLimits& limits);

/// Closes all descriptors from 3 on, but these two; -1: none. Standard input and output become
/// /dev/null.
void close_all_but(int kept, int also_kept);

} // namespace mlockscope::symbols
