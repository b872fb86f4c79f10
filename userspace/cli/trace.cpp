#include "cli/commands.hpp"
#include "cli/scope.hpp"
#include "cli/status.hpp"
#include "cli/tracing.hpp"

namespace mlockscope::cli {

int trace(const CommonOptions& options) {
  auto filters = filters_of(options.processes);
  if (!filters) {
    complain(filters.error());
    return status_usage;
  }
  Signals signals;
  auto tracing = Tracing::begin(options, filters.value());
  if (!tracing) {
    complain(tracing.error());
    return status_impossible;
  }
  tracing.value()->loop(signals, [](const signalfd_siginfo& signal) {
    return signal.ssi_signo != SIGCHLD && signal.ssi_signo != SIGUSR1 &&
           signal.ssi_signo != SIGUSR2 && signal.ssi_signo != SIGALRM;
  });
  tracing.value()->end();
  if (!tracing.value()->output_failed()) return status_done;
  complain(tracing.value()->output_error());
  return status_output_failed;
}

} // namespace mlockscope::cli
