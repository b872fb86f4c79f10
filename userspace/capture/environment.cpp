#include "capture/environment.hpp"

#include "capture/tracefs.hpp"

#include <bpf/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fstream>

namespace mlockscope::capture {
namespace {

using State = Check::State;

// include/uapi/linux/capability.h
struct Capability {
  int number;
  const char* name;
};
constexpr Capability sys_admin{21, "CAP_SYS_ADMIN"};
constexpr Capability sys_ptrace{19, "CAP_SYS_PTRACE"};
constexpr std::array<Capability, 3> needed{
    {{39, "CAP_BPF"}, {38, "CAP_PERFMON"}, {2, "CAP_DAC_READ_SEARCH"}}};

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Whether it is among the effective capabilities; see capabilities(7).
bool has(const Capability& capability) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:"))
      return (std::stoull(line.substr(7), nullptr, 16) >> capability.number & 1) != 0;
  return false;
}

/// Kernels of Debian and Ubuntu know values above Linux' own 2, with which CAP_PERFMON is not
/// enough (their patches to kernel/events/core.c, perf_event_open).
bool attaching_takes_sys_admin() {
  const std::string level = first_line("/proc/sys/kernel/perf_event_paranoid");
  return !level.empty() && std::atoi(level.c_str()) > 2;
}

Check check_privileges() {
  if (has(sys_admin)) return {State::good, "privileges", "CAP_SYS_ADMIN held", ""};
  std::string missing;
  for (const auto& capability : needed)
    if (!has(capability)) missing += (missing.empty() ? "" : ", ") + std::string(capability.name);
  if (missing.empty() && attaching_takes_sys_admin())
    return {State::missing, "privileges",
            "kernel.perf_event_paranoid is above 2: only CAP_SYS_ADMIN may attach probes",
            "set it to 2 (sysctl), or run it as root (sudo)"};
  if (missing.empty())
    return {State::good, "privileges", "CAP_BPF, CAP_PERFMON and CAP_DAC_READ_SEARCH held", ""};
  return {State::missing, "privileges", missing + " not held", "run it as root (sudo)"};
}

/// proc(5): who may read what of other processes.
Check check_processes() {
  if (has(sys_ptrace)) return {State::good, "others' /proc", "CAP_SYS_PTRACE held", ""};
  return {State::note, "others' /proc",
          "CAP_SYS_PTRACE not held: swap may go unseen, programs unnamed", ""};
}

Check check_bpf() {
  // libbpf raises RLIMIT_MEMLOCK first where BPF memory still counts as locked (before 5.11)
  const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "trial", 4, 4, 1, nullptr);
  if (fd >= 0) {
    ::close(fd);
    return {State::good, "bpf()", "works", ""};
  }
  if (errno == ENOSYS)
    return {State::missing, "bpf()", "this kernel has no BPF",
            "boot a kernel with CONFIG_BPF_SYSCALL"};
  return {State::missing, "bpf()", "refused (errno " + std::to_string(errno) + ")",
          privilege_hint(errno)};
}

Check check_btf() {
  if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0)
    return {State::good, "kernel BTF", "/sys/kernel/btf/vmlinux", ""};
  return {State::missing, "kernel BTF", "/sys/kernel/btf/vmlinux cannot be read",
          "mount sysfs on /sys, or boot a kernel with CONFIG_DEBUG_INFO_BTF"};
}

Check check_tracefs() {
  const auto tracefs = Tracefs::open();
  if (!tracefs) {
    const auto& error = tracefs.error();
    return {State::missing, "tracepoints", error.what + ": " + error.why, error.hint};
  }
  if (!tracefs.value().event_id("syscalls/sys_enter_mlock"))
    return {State::missing, "tracepoints", "no syscalls:sys_enter_mlock",
            "boot a kernel with CONFIG_FTRACE_SYSCALLS"};
  return {State::good, "tracepoints", tracefs.value().place(), ""};
}

Check check_lockdown() {
  const std::string line = first_line("/sys/kernel/security/lockdown");
  if (line.find("[confidentiality]") != std::string::npos)
    return {State::missing, "lockdown", "confidentiality: BPF may not read kernel memory",
            "boot with lockdown=integrity, or without lockdown"};
  const auto open = line.find('['), close = line.find(']');
  if (open == std::string::npos || close == std::string::npos)
    return {State::good, "lockdown", "not in force", ""};
  return {State::good, "lockdown", line.substr(open + 1, close - open - 1), ""};
}

Check check_kernel() {
  utsname names{};
  ::uname(&names);
  return {State::note, "kernel", std::string(names.release) + " on " + names.machine, ""};
}

} // namespace

std::vector<Check> check_environment() {
  return {check_kernel(), check_privileges(), check_processes(), check_lockdown(),
          check_bpf(),    check_btf(),        check_tracefs()};
}

util::Status check_possible() {
  for (const Check& check : check_environment())
    if (check.state == State::missing)
      return util::Error{"cannot trace here: " + check.what, check.detail, check.hint};
  return util::success();
}

std::string privilege_hint(int error_number) {
  if (error_number == EPERM || error_number == EACCES)
    return "run it as root (sudo); in a container it needs CAP_SYS_ADMIN, or CAP_BPF with "
           "CAP_PERFMON";
  if (error_number == ENOMEM || error_number == E2BIG)
    return "the kernel is short of memory for BPF";
  if (error_number == EINVAL || error_number == ESRCH || error_number == ENOENT)
    return "this kernel lacks something the probes use; mlockscope doctor says what";
  return "mlockscope doctor says what this kernel allows";
}

} // namespace mlockscope::capture
