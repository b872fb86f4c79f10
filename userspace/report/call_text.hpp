// A system call as a program would write it.
#pragma once

#include "model/finding.hpp"

#include <cstdint>
#include <string>

namespace mlockscope::report {

/// Which arguments a call has; those it has not are 0 in an event and mean nothing.
[[nodiscard]] bool has_address(model::Call);
[[nodiscard]] bool has_length(model::Call);
[[nodiscard]] bool has_flags(model::Call);

/// "MCL_CURRENT|MCL_FUTURE", "MLOCK_ONFAULT", "MAP_PRIVATE|MAP_LOCKED|0x8000000"; "0" for none.
[[nodiscard]] std::string flag_words(model::Call, std::uint64_t flags);

/// "munlock(0x7f00deadb000, 32)", "mlockall(MCL_CURRENT)", "mmap(NULL, 8192, MAP_PRIVATE)",
/// "fork()": the arguments that are known, in the order of the call.
[[nodiscard]] std::string call_text(model::Call, model::Address addr, std::uint64_t len,
                                    std::uint64_t flags);
[[nodiscard]] std::string call_text(const model::CallSite&);

/// A length as a program would write it: a number, or SIZE_MAX.
[[nodiscard]] std::string length_text(std::uint64_t len);

} // namespace mlockscope::report
