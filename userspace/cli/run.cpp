#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/scope.hpp"
#include "cli/status.hpp"
#include "cli/tracing.hpp"

#include <cerrno>
#include <cstdio>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace mlockscope::cli {
namespace {

/// Waits for the command, and with --wait-all for everything that comes of it.
class Family {
public:
  Family(pid_t first, bool all) : first_(first), all_(all) {}

  /// Collects who has ended; true if that is all to wait for.
  bool reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == first_) {
        status_ = status;
        ended_ = true;
      }
      if (pid <= 0) return ended_ && (!all_ || (pid < 0 && errno == ECHILD));
    }
  }
  /// Blocks until reap() is true: tracing has ended before the command.
  void wait(Signals& signals, const Tracing::OnSignal& on_signal) {
    while (!reap()) {
      sigset_t any;
      sigfillset(&any);
      siginfo_t info{};
      if (::sigwaitinfo(&any, &info) < 0) continue;
      signalfd_siginfo signal{};
      signal.ssi_signo = static_cast<std::uint32_t>(info.si_signo);
      signal.ssi_code = info.si_code;
      if (on_signal(signal)) return;
    }
    (void)signals;
  }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool ended() const { return ended_; }

private:
  pid_t first_;
  bool all_;
  bool ended_ = false;
  int status_ = 0;
};

/// A terminal's Ctrl-C reaches the command by itself; what was sent to the tracer alone is passed
/// on.
void pass_on(pid_t to, const signalfd_siginfo& signal) {
  const bool from_terminal = signal.ssi_code == SI_KERNEL;
  if (!from_terminal) ::kill(to, static_cast<int>(signal.ssi_signo));
}

int exec_status(const std::string& command, int error) {
  complain(util::system_error("cannot run '" + command + "'", error));
  return error == ENOENT ? status_not_found : status_not_executable;
}

/// The gate of a CI job. Only asked if the command itself succeeded.
int gate(const RunOptions& options, const Tracing& tracing) {
  if (!options.fail_on) return status_done;
  if (tracing.worst() && *tracing.worst() >= *options.fail_on) return options.error_exitcode;
  if (tracing.lost() == 0 || options.on_lost == OnLost::ignore) return status_done;
  std::fprintf(stderr, "mlockscope: %llu events were lost, so findings may be missing%s\n",
               static_cast<unsigned long long>(tracing.lost()),
               options.on_lost == OnLost::fail ? "; --on-lost warn accepts that" : "");
  return options.on_lost == OnLost::fail ? options.error_exitcode : status_done;
}

int finish(const RunOptions& options, const Tracing& tracing, int status) {
  if (tracing.output_failed()) complain(tracing.output_error());
  if (WIFSIGNALED(status)) die_by(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return WEXITSTATUS(status);
  return gate(options, tracing);
}

int traced(const RunOptions& options, const capture::Filters& filters, Child& child,
           Signals& signals) {
  auto tracing = Tracing::begin(options.common, filters);
  if (!tracing) {
    child.abandon();
    complain(tracing.error());
    return status_impossible;
  }
  if (options.wait_all) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (const int error = child.release(); error != 0)
    return exec_status(options.command.front(), error);

  Family family(child.pid(), options.wait_all);
  const auto on_signal = [&](const signalfd_siginfo& signal) {
    if (signal.ssi_signo == SIGCHLD) return family.reap();
    pass_on(child.pid(), signal);
    return false;
  };
  tracing.value()->loop(signals, on_signal);
  tracing.value()->end();
  if (!family.reap()) family.wait(signals, on_signal);
  return finish(options, *tracing.value(), family.status());
}

} // namespace

int run(const RunOptions& options) {
  auto filters = filters_of(options.common.processes);
  if (!filters) {
    complain(filters.error());
    return status_usage;
  }
  Signals signals;
  auto child = Child::spawn(options.command, options.user, signals.old_mask());
  if (!child) {
    complain(child.error());
    return status_usage;
  }
  filters.value().only_followed = true;
  filters.value().followed.push_back(static_cast<std::uint32_t>(child.value().pid()));
  return traced(options, filters.value(), child.value(), signals);
}

} // namespace mlockscope::cli
