#include "cli/child.hpp"
#include "cli/commands.hpp"
#include "cli/gate.hpp"
#include "cli/status.hpp"
#include "cli/tracing.hpp"

#include <cerrno>
#include <poll.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>

namespace mlockscope::cli {
namespace {

/// The command, and with --wait-all everything that comes of it.
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
      if (pid < 0 && errno == ECHILD) return ended_ = true;
      if (pid <= 0) return ended_ && !all_;
    }
  }
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] bool command_ended() const { return ended_; }

private:
  pid_t first_;
  bool all_;
  bool ended_ = false;
  int status_ = 0;
};

/// After the tracing has ended: until the family has, too.
void wait_for(Family& family, Signals& signals, const Tracing::OnSignal& on_signal) {
  while (!family.reap()) {
    pollfd ready{signals.fd(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    while (const auto signal = signals.next())
      if (on_signal(*signal)) return;
  }
}

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

Sight sight_of(const Tracing& tracing) {
  return {.worst = tracing.worst(),
          .lost = tracing.lost(),
          .blindness = tracing.output_failed() ? "the output could not be written" : ""};
}

int finish(const RunOptions& options, const Tracing& tracing, int status) {
  if (const auto error = tracing.output_error()) complain(*error);
  if (const auto error = tracing.recording_error()) complain(*error);
  if (WIFSIGNALED(status)) die_by(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return WEXITSTATUS(status);
  return gate(options.gate, sight_of(tracing));
}

int traced(const RunOptions& options, Tracing::Preparations prepared, Child& child,
           Signals& signals) {
  auto tracing = Tracing::begin(options.common, std::move(prepared), signals);
  if (!tracing) {
    child.abandon();
    complain(tracing.error());
    return status_impossible;
  }
  if (options.wait_all) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (const int error = child.release(); error != 0) {
    tracing.value()->end();
    return exec_status(options.command.front(), error);
  }

  Family family(child.pid(), options.wait_all);
  const auto on_signal = [&](const signalfd_siginfo& signal) {
    if (signal.ssi_signo == SIGCHLD) return family.reap();
    if (family.command_ended()) return true; // only --wait-all still waits
    pass_on(child.pid(), signal);
    return false;
  };
  tracing.value()->loop(signals, on_signal, false);
  if (family.command_ended()) tracing.value()->wait_for_forks(signals);
  tracing.value()->end();
  if (!family.command_ended()) wait_for(family, signals, on_signal);
  return finish(options, *tracing.value(), family.status());
}

} // namespace

int run(const RunOptions& options) {
  auto prepared = Tracing::prepare(options.common);
  if (!prepared) {
    complain(prepared.error());
    return status_usage;
  }
  Signals signals;
  auto child = Child::spawn(options.command, options.user, signals);
  if (!child) {
    complain(child.error());
    return status_usage;
  }
  prepared.value().filters.family = static_cast<std::uint32_t>(child.value().pid());
  return traced(options, prepared.take(), child.value(), signals);
}

} // namespace mlockscope::cli
