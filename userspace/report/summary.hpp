// What a run came to, for people. Also the lines about the tracing itself that the formats for
// people share.
#pragma once

#include "report/clock.hpp"
#include "report/colour.hpp"
#include "report/sink.hpp"

#include <string>

namespace mlockscope::report {

/// Several lines. Says plainly that nothing was found, and warns if the view was incomplete.
[[nodiscard]] std::string summary_text(const Summary&, Colour, const Clock&);
/// "mlockscope 0.1.0: tracing with fentry; Linux 6.12.9, x86_64, pages of 4 KiB"
[[nodiscard]] std::string start_text(const Start&);
/// "== web1.mls, recorded on web1": above its findings, if other files have some, too; else empty.
[[nodiscard]] std::string file_heading(const Start&);
/// "3 munlock EINVAL, 1 mlock ENOMEM"; empty for none.
[[nodiscard]] std::string refused_text(const Refused&);
/// "WARNING: 12 events were lost (ring buffer full); findings may be missing"
[[nodiscard]] std::string lost_text(const model::LostEvent&);

} // namespace mlockscope::report
