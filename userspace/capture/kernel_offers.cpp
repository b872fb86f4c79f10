#include "capture/kernel_offers.hpp"

#include "capture/attach.hpp"
#include "capture/environment.hpp"

#include <bpf/btf.h>
#include <trial_skel.h>

#include <cerrno>
#include <fstream>
#include <string_view>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mlockscope::capture {
namespace {

struct CloseTrial {
  void operator()(trial* p) const { trial__destroy(p); }
};

/// "ffffffff936d4380 t mlock_fixup\t[module]": the name, if it is a function of the kernel itself.
std::optional<std::string_view> function_in(std::string_view line) {
  const auto type = line.find(' ');
  if (type == std::string_view::npos || type + 3 >= line.size()) return std::nullopt;
  const char kind = line[type + 1];
  const std::string_view name = line.substr(type + 3);
  if ((kind != 't' && kind != 'T') || name.find('\t') != std::string_view::npos)
    return std::nullopt;
  return name;
}

/// Loaded and attached, and gone again.
util::Status try_functions(bpf_program* enter, bpf_program* exit, Kind on_enter, Kind on_exit,
                           trial& skeleton, const Tracefs& tracefs) {
  const std::string function = system_call_function("munlockall");
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj)
      bpf_program__set_autoload(program, program == enter || program == exit);
  for (auto [each, kind] : {std::pair{enter, on_enter}, {exit, on_exit}})
    if (auto aimed = aim({each, kind, function, Phase::enter}); !aimed) return aimed;
  if (const int error = -trial__load(&skeleton); error != 0)
    return util::system_error("the kernel refuses such programs", error, privilege_hint(error));
  for (auto [each, kind] : {std::pair{enter, on_enter}, {exit, on_exit}})
    if (auto link = attach({each, kind, function, Phase::enter}, tracefs); !link)
      return link.error();
  return util::success();
}

util::Status try_backend(Backend backend, const Tracefs& tracefs) {
  if (backend == Backend::tracepoint) {
    auto id = tracefs.event_id("syscalls/sys_enter_mlock");
    return id ? util::success() : util::Status(id.error());
  }
  const std::unique_ptr<trial, CloseTrial> skeleton(trial__open());
  if (!skeleton) return util::system_error("cannot open the trial programs", errno);
  const auto& programs = skeleton->progs;
  if (backend == Backend::fentry)
    return try_functions(programs.trial_fentry, programs.trial_fexit, Kind::function_enter,
                         Kind::function_exit, *skeleton, tracefs);
  return try_functions(programs.trial_kprobe, programs.trial_kretprobe, Kind::kprobe,
                       Kind::kretprobe, *skeleton, tracefs);
}

bool has_32_bit_calls() {
#if defined(__x86_64__)
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_DUMPABLE, 0); // where there are none it dies of it, and shall leave no core
    long result = 20;            // getpid, arch/x86/entry/syscalls/syscall_32.tbl
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result > 0 ? 0 : 1);
  }
#else
  const pid_t child = ::fork();
  // arch/arm64/kernel/sys.c arm64_personality(): refused if no processor can
  if (child == 0) ::_exit(::personality(PER_LINUX32) == -1 ? 1 : 0);
#endif
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

} // namespace

KernelOffers::KernelOffers(const Tracefs& tracefs) : tracefs_(tracefs) {
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);)
    if (const auto name = function_in(line)) functions_.emplace(*name);
  types_ = btf__load_vmlinux_btf();
}

KernelOffers::~KernelOffers() { btf__free(types_); }

bool KernelOffers::tracepoint(const std::string& event) const {
  return static_cast<bool>(tracefs_.event_id(event));
}

std::optional<unsigned> KernelOffers::arguments(const std::string& function) const {
  if (types_ == nullptr) return std::nullopt;
  const int id = btf__find_by_name_kind(types_, function.c_str(), BTF_KIND_FUNC);
  if (id < 0) return std::nullopt;
  const btf_type* type = btf__type_by_id(types_, static_cast<__u32>(id));
  const btf_type* prototype = btf__type_by_id(types_, type->type);
  return btf_vlen(prototype);
}

const util::Status& KernelOffers::trial(Backend backend) const {
  auto& known = trials_[static_cast<std::size_t>(backend)];
  if (!known) known = try_backend(backend, tracefs_);
  return *known;
}

bool KernelOffers::has_32_bit() const {
  if (!has_32_bit_) has_32_bit_ = has_32_bit_calls();
  return *has_32_bit_;
}

} // namespace mlockscope::capture
