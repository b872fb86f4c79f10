#include "symbols/sandbox.hpp"

#include "util/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace mlockscope::symbols {
namespace {

constexpr rlim_t most_cpu = 600; // seconds; each request has its own time limit
constexpr rlim_t most_descriptors = 1024;
constexpr rlim_t most_written = rlim_t{64} << 20; // bytes, of a memfd for mini debug info
constexpr uid_t nobody = 65534;

util::Error failed(const char* what) {
  return util::system_error(std::string("cannot give up privileges: ") + what, errno);
}

util::Status drop_user() {
  if (::geteuid() != 0) return util::success();
  // A user namespace may not let it be nobody; then what remains is without capabilities.
  if (::setgroups(0, nullptr) != 0 && errno != EPERM) return failed("setgroups");
  if (::setresgid(nobody, nobody, nobody) != 0 && errno != EINVAL) return failed("setresgid");
  if (::setresuid(nobody, nobody, nobody) != 0 && errno != EINVAL) return failed("setresuid");
  return util::success();
}

util::Status drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  // The ambient set falls with the others.
  if (::syscall(SYS_capset, &header, none) != 0) return failed("capset");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
  // Ends with its parent; set now, because the change of user cleared it, PR_SET_PDEATHSIG(2const).
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("PR_SET_PDEATHSIG");
  // Nor may another process of the same user look into it.
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("PR_SET_DUMPABLE");
  return util::success();
}

bool limit(__rlimit_resource_t resource, rlim_t most) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) return false;
  const rlim_t bound = std::min(most, now.rlim_max);
  const rlimit limits{bound, bound};
  return ::setrlimit(resource, &limits) == 0;
}

// Where memory ends, it goes first, proc_pid_oom_score_adj(5). Not worth failing for.
void volunteer_for_oom() {
  const util::Fd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const ssize_t written = ::write(score.get(), "1000", 4);
}

util::Status set_limits([[maybe_unused]] const SandboxLimits& limits) {
#if !defined(__SANITIZE_ADDRESS__)
  if (!limit(RLIMIT_AS, limits.memory)) return failed("RLIMIT_AS");
#endif
  if (!limit(RLIMIT_CPU, most_cpu)) return failed("RLIMIT_CPU");
  if (!limit(RLIMIT_NOFILE, most_descriptors)) return failed("RLIMIT_NOFILE");
  if (!limit(RLIMIT_FSIZE, most_written)) return failed("RLIMIT_FSIZE");
  if (!limit(RLIMIT_CORE, 0)) return failed("RLIMIT_CORE");
  return util::success();
}

// The system calls that the filter hands to us, done with what is open already.

long open_again(const char* path) {
  constexpr std::string_view open_files = "/proc/self/fd/";
  const std::string_view name = path ? path : "";
  if (!name.starts_with(open_files)) return -EACCES;
  int fd = -1;
  const auto [end, error] = std::from_chars(path + open_files.size(), path + name.size(), fd);
  if (error != std::errc{} || end != path + name.size()) return -EACCES;
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return -errno;
  ::lseek(copy, 0, SEEK_SET); // shared with the original, which nobody reads by position
  return copy;
}

long status_of(int fd, const char* path, struct stat* status, int flags) {
  if (!(flags & AT_EMPTY_PATH) || !path || *path) return -EACCES;
  return ::syscall(SYS_fstat, fd, status) == 0 ? 0 : -errno;
}

// On both machines the result has the register of an argument or number, so it is written last.
void emulate(int, siginfo_t* info, void* context) {
  const int kept_errno = errno;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  const auto argument = [&](int n) {
    constexpr int places[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
    return registers.gregs[places[n]];
  };
  auto& result = registers.gregs[REG_RAX];
#elif defined(__aarch64__)
  const auto argument = [&](int n) { return static_cast<long long>(registers.regs[n]); };
  auto& result = registers.regs[0];
#endif
  const auto pointer = [&](int n) { return reinterpret_cast<void*>(argument(n)); };
  long value = -ENOSYS;
  if (info->si_syscall == SYS_openat)
    value = open_again(static_cast<const char*>(pointer(1)));
  else if (info->si_syscall == SYS_newfstatat)
    value = status_of(static_cast<int>(argument(0)), static_cast<const char*>(pointer(1)),
                      static_cast<struct stat*>(pointer(2)), static_cast<int>(argument(3)));
#if defined(SYS_open)
  else if (info->si_syscall == SYS_open)
    value = open_again(static_cast<const char*>(pointer(0)));
#endif
  result = static_cast<std::remove_reference_t<decltype(result)>>(value);
  errno = kept_errno;
}

int build_filter(scmp_filter_ctx filter) {
  constexpr int allowed[] = {SCMP_SYS(read),
                             SCMP_SYS(pread64),
                             SCMP_SYS(write),
                             SCMP_SYS(sendmsg),
                             SCMP_SYS(recvmsg),
                             SCMP_SYS(close),
                             SCMP_SYS(fstat),
                             SCMP_SYS(lseek),
                             SCMP_SYS(munmap),
                             SCMP_SYS(mremap),
                             SCMP_SYS(brk),
                             SCMP_SYS(madvise),
                             SCMP_SYS(memfd_create),
                             SCMP_SYS(ftruncate),
                             SCMP_SYS(futex),
                             SCMP_SYS(getrandom),
                             SCMP_SYS(gettid),
                             SCMP_SYS(getpid),
                             SCMP_SYS(clock_gettime),
                             SCMP_SYS(rt_sigreturn),
                             SCMP_SYS(exit_group),
                             SCMP_SYS(exit),
                             SCMP_SYS(rt_sigprocmask),
                             SCMP_SYS(sched_yield),
                             SCMP_SYS(sigaltstack)};
  constexpr int emulated[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(newfstatat)};
  int bad = 0;
  for (const int call : allowed) bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  for (const int call : emulated) bad |= seccomp_rule_add(filter, SCMP_ACT_TRAP, call, 0);
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) // never code
    bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  for (const int command : {F_DUPFD_CLOEXEC, F_GETFD, F_GETFL})
    bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                            SCMP_A1(SCMP_CMP_EQ, static_cast<scmp_datum_t>(command)));
#if defined(__SANITIZE_ADDRESS__)
  // The sanitizers find out through a pipe whether an object can be read.
  bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(pipe2), 0);
#endif
  // abort(3) sends a signal, and may only send it to itself.
  bad |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                          SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
  return bad;
}

util::Status filter_calls() {
  struct sigaction action {};
  action.sa_sigaction = emulate;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (::sigaction(SIGSYS, &action, nullptr) != 0) return failed("sigaction");
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (!filter) return util::Error{"cannot make a system call filter", "out of memory", ""};
  int bad = build_filter(filter);
  if (bad == 0) bad = seccomp_load(filter);
  seccomp_release(filter);
  if (bad != 0) return util::system_error("cannot load the system call filter", std::abs(bad));
  return util::success();
}

} // namespace

void close_all_but(int kept, int also_kept) {
  const util::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) {
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(null.get(), STDOUT_FILENO);
  }
  rlimit limits{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &limits) == 0;
  const unsigned first = static_cast<unsigned>(std::max(std::min(kept, also_kept), 2));
  const unsigned second = static_cast<unsigned>(std::max({kept, also_kept, 2}));
  const auto close_range = [&](unsigned from, unsigned to) {
    if (from > to || ::syscall(SYS_close_range, from, to, 0) == 0) return;
    const auto end = std::min<rlim_t>(known ? limits.rlim_cur : 1024, 65536);
    for (unsigned fd = from; fd <= to && fd < end; ++fd) ::close(static_cast<int>(fd));
  };
  close_range(3, first - 1);
  close_range(first + 1, second - 1);
  close_range(second + 1, ~0U);
}

util::Status enter_sandbox(int kept, const SandboxLimits& limits) {
  close_all_but(kept, -1);
  if (!limits.verbose) ::dup2(STDIN_FILENO, STDERR_FILENO);
  volunteer_for_oom();
  for (const auto step : {drop_user, drop_capabilities})
    if (util::Status status = step(); !status.ok()) return status;
  if (util::Status status = set_limits(limits); !status.ok()) return status;
  return filter_calls();
}

} // namespace mlockscope::symbols
