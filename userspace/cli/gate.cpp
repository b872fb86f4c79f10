#include "cli/gate.hpp"

#include "cli/complain.hpp"
#include "cli/status.hpp"

namespace mlockscope::cli {
namespace {

std::string blindness(const Sight& sight) {
  if (!sight.blindness.empty()) return sight.blindness;
  return sight.lost == 0 ? "" : std::to_string(sight.lost) + " events were lost";
}

} // namespace

int gate(const GateOptions& options, const Sight& sight) {
  if (!options.fail_on) return status_done;
  if (sight.worst && *sight.worst >= *options.fail_on) return options.error_exitcode;
  const std::string why = blindness(sight);
  if (why.empty() || options.on_lost == OnLost::ignore) return status_done;
  const bool fails = options.on_lost == OnLost::fail;
  complain({why + ", so findings may be missing", "", fails ? "--on-lost warn accepts that" : ""});
  return fails ? options.error_exitcode : status_done;
}

} // namespace mlockscope::cli
