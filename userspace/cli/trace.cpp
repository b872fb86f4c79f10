#include "cli/commands.hpp"
#include "cli/status.hpp"
#include "cli/tracing.hpp"
#include "util/notify.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>

namespace mlockscope::cli {
namespace {

/// A manager that cannot be told is its own trouble; the tracing goes on.
void tell_service_manager(const char* state) {
  if (auto told = util::notify_service(state); !told) complain(told.error());
}

} // namespace

int trace(const CommonOptions& options) {
  auto prepared = Tracing::prepare(options);
  if (!prepared) {
    complain(prepared.error());
    return status_usage;
  }
  for (const std::uint32_t pid : options.processes.pids)
    if (::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH)
      std::fprintf(stderr, "mlockscope: warning: there is no process %u now\n", pid);
  Signals signals;
  auto tracing = Tracing::begin(options, prepared.take(), signals);
  if (!tracing) {
    complain(tracing.error());
    return status_impossible;
  }
  const auto ends = [](const signalfd_siginfo& signal) {
    return signal.ssi_signo == SIGINT || signal.ssi_signo == SIGTERM ||
           signal.ssi_signo == SIGHUP || signal.ssi_signo == SIGQUIT;
  };
  tell_service_manager("READY=1");
  tracing.value()->loop(signals, ends, true);
  tell_service_manager("STOPPING=1");
  tracing.value()->end();
  const auto recording_error = tracing.value()->recording_error();
  if (recording_error) complain(*recording_error);
  if (const auto error = tracing.value()->output_error()) complain(*error);
  return recording_error || tracing.value()->output_failed() ? status_output_failed : status_done;
}

} // namespace mlockscope::cli
