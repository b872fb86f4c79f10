// What a tracer has written while it goes on tracing, for tests in which the traced program must
// not go on before.
#pragma once

#include "support.hpp"

namespace mlockscope::live {

/// The lines until now.
[[nodiscard]] std::vector<Json> lines_so_far(Tracer&);
/// Waits for so many findings of that kind, of all processes; throws with the lines if they do not
/// come.
void wait_for_findings(Tracer&, const std::string& kind, std::size_t count);
/// Waits until the probes for faults and swap are attached. They are so only while they are of use,
/// and it takes them a while.
void wait_for_late_probes(Tracer&);

/// Findings of one kind, or of one process, among these lines.
[[nodiscard]] std::vector<Json> of_kind(const std::vector<Json>&, const std::string& kind);
[[nodiscard]] std::vector<Json> of_pid(const std::vector<Json>&, const Json& pid);
/// For INFO: a line each.
[[nodiscard]] std::string text_of(const std::vector<Json>&);

} // namespace mlockscope::live
