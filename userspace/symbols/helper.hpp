// The process that parses: ELF, DWARF and perf maps, in a sandbox, one request at a time.
#pragma once

#include <atomic>
#include <cstdint>

namespace mlockscope::symbols {

/// Serves the broker at the other end of `link` until that is closed. What it works on, by the
/// broker's id of the file, is in `at_work`: if it dies, that is why. `cache` bounds the tables it
/// keeps, bytes.
[[noreturn]] void run_helper(int link, std::atomic<std::uint64_t>& at_work, std::uint64_t cache,
                             bool perf_maps);

} // namespace mlockscope::symbols
