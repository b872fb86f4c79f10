#include "cli/signals.hpp"

#include <cstdlib>
#include <sys/resource.h>

namespace mlockscope::cli {
namespace {

sigset_t caught() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM})
    sigaddset(&set, signal);
  return set;
}

} // namespace

Signals::Signals() {
  const sigset_t set = caught();
  ::sigprocmask(SIG_BLOCK, &set, &old_);
  fd_ = util::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Signals::~Signals() {
  while (next()) {
  }
  ::sigprocmask(SIG_SETMASK, &old_, nullptr);
}

std::optional<signalfd_siginfo> Signals::next() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
  return info;
}

void die_by(int signal) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::signal(signal, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
  std::_Exit(128 + signal);
}

} // namespace mlockscope::cli
