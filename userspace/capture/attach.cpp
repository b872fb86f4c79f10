#include "capture/attach.hpp"

#include "capture/environment.hpp"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace mlockscope::capture {
namespace {

util::Error cannot_attach(const std::string& place, int error) {
  return util::system_error("cannot attach to " + place, error, privilege_hint(error));
}

util::Result<Link> attach_system_call(const Hook& hook, const Tracefs& tracefs) {
  auto id = tracefs.event_id(hook.place);
  if (!id) return id.error();
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.config = static_cast<std::uint64_t>(id.value());
  // pid -1, cpu 0: a BPF program on a tracepoint runs for every process on every CPU
  const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0)
    return util::system_error("cannot open tracepoint " + hook.place, errno, privilege_hint(errno));
  Link link(bpf_program__attach_perf_event(hook.program, static_cast<int>(fd)));
  if (link) return link;
  const int error = errno;
  ::close(static_cast<int>(fd));
  return cannot_attach("tracepoint " + hook.place, error);
}

bpf_link* attach_to_function(const Hook& hook) {
  if (hook.kind != Kind::kprobe && hook.kind != Kind::kretprobe)
    return bpf_program__attach(hook.program);
  LIBBPF_OPTS(bpf_kprobe_opts, options, .bpf_cookie = hook.cookie,
              .retprobe = hook.kind == Kind::kretprobe);
  return bpf_program__attach_kprobe_opts(hook.program, hook.place.c_str(), &options);
}

} // namespace

util::Status aim(const Hook& hook) {
  if (hook.kind != Kind::function_enter && hook.kind != Kind::function_exit) return util::success();
  const int error = -bpf_program__set_attach_target(hook.program, 0, hook.place.c_str());
  if (error == 0) return util::success();
  return util::system_error("cannot find the kernel's " + hook.place, error, privilege_hint(error));
}

util::Result<Link> attach(const Hook& hook, const Tracefs& tracefs) {
  if (hook.kind == Kind::system_call) return attach_system_call(hook, tracefs);
  Link link(attach_to_function(hook));
  if (link) return link;
  return cannot_attach(hook.place, errno);
}

// arch/x86/include/asm/syscall_wrapper.h, arch/arm64/include/asm/syscall_wrapper.h
std::string system_call_function(const std::string& call) {
#if defined(__x86_64__)
  return "__x64_sys_" + call;
#else
  return "__arm64_sys_" + call;
#endif
}

} // namespace mlockscope::capture
