// Why a lock was refused, and what would help.
#pragma once

#include "model/finding.hpp"

#include <string>

namespace mlockscope::report {

enum class FailureCause {
  arguments, ///< the call itself was wrong
  forbidden, ///< a limit of zero and no capability
  limit,     ///< RLIMIT_MEMLOCK leaves no room
  memory,    ///< the limit had room; the memory itself could not be locked
  unknown,
};

/// What the evidence of a lock-failed finding says.
[[nodiscard]] FailureCause cause_of(const model::Finding&, model::PageSize);

/// "RLIMIT_MEMLOCK was 64 KiB (hard limit 64 KiB), 60 KiB locked, no CAP_IPC_LOCK."
[[nodiscard]] std::string evidence_text(const model::LockFailure&);
/// One or two sentences; empty for an unknown cause.
[[nodiscard]] std::string_view cause_text(FailureCause);
/// What became of the memory; empty where there is nothing to say.
[[nodiscard]] std::string_view outcome_text(FailureCause, const model::Finding&);
/// What to change and where, after "What helps:"; empty where only the program can change.
[[nodiscard]] std::string help_text(FailureCause, const model::Finding&);

} // namespace mlockscope::report
