#include "capture/tracefs.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mlockscope::capture {
namespace {

// include/uapi/linux/mount.h; not in the C library's headers before glibc 2.36
constexpr unsigned fsopen_cloexec = 1;
constexpr unsigned fsconfig_cmd_create = 6;
constexpr unsigned fsmount_cloexec = 1;

util::Fd open_unmounted() {
  const util::Fd context(static_cast<int>(::syscall(SYS_fsopen, "tracefs", fsopen_cloexec)));
  if (!context) return {};
  if (::syscall(SYS_fsconfig, context.get(), fsconfig_cmd_create, nullptr, nullptr, 0) != 0)
    return {};
  return util::Fd(static_cast<int>(::syscall(SYS_fsmount, context.get(), fsmount_cloexec, 0)));
}

bool has_events(const util::Fd& root) {
  // by what this process may, not by who started it: a service may have capabilities without root
  return root && ::faccessat(root.get(), "events/syscalls", F_OK, AT_EACCESS) == 0;
}

} // namespace

util::Result<Tracefs> Tracefs::open() {
  for (const char* path : {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"}) {
    util::Fd root(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (has_events(root)) return Tracefs(std::move(root), path);
  }
  errno = 0;
  util::Fd root = open_unmounted();
  if (has_events(root)) return Tracefs(std::move(root), "tracefs, not mounted");
  const int error = errno ? errno : ENOENT;
  return util::system_error("cannot read the kernel's tracepoints", error,
                            error == EPERM
                                ? "run it as root, or mount tracefs where it may read it "
                                  "(mount -t tracefs tracefs /sys/kernel/tracing)"
                                : "boot a kernel with CONFIG_FTRACE_SYSCALLS");
}

util::Result<int> Tracefs::event_id(const std::string& event) const {
  const std::string path = "events/" + event + "/id";
  const util::Fd file(::openat(root_.get(), path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return util::system_error("cannot open tracepoint " + event, errno);
  char text[16] = {};
  if (::read(file.get(), text, sizeof(text) - 1) <= 0)
    return util::system_error("cannot read the number of tracepoint " + event, errno);
  return std::atoi(text);
}

} // namespace mlockscope::capture
