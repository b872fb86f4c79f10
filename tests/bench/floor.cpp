// floor: attaches the empty programs of floor.bpf.c, says "ready" on stdout and stays until SIGTERM
// or SIGINT.
#include "empty_probes_skel.h"

#include <csignal>
#include <cstdio>
#include <memory>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace {

constexpr const char* tracefs = "/sys/kernel/tracing";

struct Destroy {
  void operator()(empty_probes* programs) const { empty_probes__destroy(programs); }
};

/// libbpf looks up the numbers of the tracepoints in tracefs. Where it is not mounted, it is, for
/// this process alone.
bool have_tracefs() {
  if (::access("/sys/kernel/tracing/events", F_OK) == 0) return true;
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tracefs", tracefs, "tracefs", 0, nullptr) == 0;
}

} // namespace

int main() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, nullptr);

  if (!have_tracefs()) return std::perror("floor: tracefs"), 3;
  const std::unique_ptr<empty_probes, Destroy> programs(empty_probes__open_and_load());
  if (programs == nullptr) return std::perror("floor: load"), 3;
  if (empty_probes__attach(programs.get()) != 0) return std::perror("floor: attach"), 3;
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
