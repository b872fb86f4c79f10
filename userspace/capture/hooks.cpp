#include "capture/hooks.hpp"

#include "bpf/wire.h"
#include "capture/attach.hpp"

#include <bpf/libbpf.h>

namespace mlockscope::capture {
namespace {

struct Call {
  const char* name;
  std::uint64_t number; ///< WIRE_*: the cookie of a kprobe
  const char* compat;   ///< the function of the 32-bit ABI; null: it has no other
};

#if defined(__x86_64__)
// arch/x86/entry/syscalls/syscall_32.tbl. munlockall has no arguments, and so one function for both
// ABIs (SYSCALL_DEFINE0).
constexpr Call calls[] = {{"mlock", WIRE_MLOCK, "__ia32_sys_mlock"},
                          {"mlock2", WIRE_MLOCK2, "__ia32_sys_mlock2"},
                          {"munlock", WIRE_MUNLOCK, "__ia32_sys_munlock"},
                          {"mlockall", WIRE_MLOCKALL, "__ia32_sys_mlockall"},
                          {"munlockall", WIRE_MUNLOCKALL, nullptr},
                          {"mmap", WIRE_MMAP, "__ia32_sys_mmap_pgoff"},
                          {"munmap", WIRE_MUNMAP, "__ia32_sys_munmap"},
                          {"mremap", WIRE_MREMAP, "__ia32_sys_mremap"},
                          {"brk", WIRE_BRK, "__ia32_sys_brk"},
                          {"shmat", WIRE_SHMAT, "__ia32_compat_sys_shmat"},
                          {"shmdt", WIRE_SHMDT, "__ia32_sys_shmdt"}};
#else
// arch/arm64/tools/syscall_32.tbl
constexpr Call calls[] = {{"mlock", WIRE_MLOCK, nullptr},
                          {"mlock2", WIRE_MLOCK2, nullptr},
                          {"munlock", WIRE_MUNLOCK, nullptr},
                          {"mlockall", WIRE_MLOCKALL, nullptr},
                          {"munlockall", WIRE_MUNLOCKALL, nullptr},
                          {"mmap", WIRE_MMAP, "__arm64_compat_sys_aarch32_mmap2"},
                          {"munmap", WIRE_MUNMAP, nullptr},
                          {"mremap", WIRE_MREMAP, nullptr},
                          {"brk", WIRE_BRK, nullptr},
                          {"shmat", WIRE_SHMAT, "__arm64_compat_sys_shmat"},
                          {"shmdt", WIRE_SHMDT, nullptr}};
#endif

/// Where the 32-bit ABI has its arguments is its own on x86-64 only.
#if defined(__x86_64__)
constexpr const char* compat_program = "kprobe__enter_32";
#else
constexpr const char* compat_program = "kprobe__enter";
#endif

/// One way to see a thing: a program, where it hangs, and what it needs.
struct Way {
  const char* program;
  Kind kind;
  const char* place;
};

class Planner {
public:
  Planner(const probes& skeleton, Backend backend, const KernelOffers& offers, Wishes wishes)
      : object_(skeleton.obj), offers_(offers), wishes_(wishes) {
    plan_.backend = backend;
  }

  util::Result<Plan> make() {
    if (!add_first({{"tracepoint__exit_mmap", Kind::tracepoint, "mmap/exit_mmap"},
                    {"fentry__exit_mmap", Kind::function_enter, "exit_mmap"},
                    {"kprobe__exit_mmap", Kind::kprobe, "exit_mmap"}},
                   Phase::lifetime))
      return util::Error{"cannot trace here", "nothing tells of the end of an address space",
                         "boot a kernel with the tracepoint mmap:exit_mmap (6.1 or later), or with "
                         "kprobes"};
    add({"process_forked", Kind::tracepoint, "sched/sched_process_fork"}, Phase::lifetime);
    add({"process_exited", Kind::tracepoint, "sched/sched_process_exit"}, Phase::lifetime);
    add_calls();
    if (plan_.backend != Backend::tracepoint) add_under_lock();
    add_32_bit();
    add_faults();
    add_swap();
    if (missing("mlock") || missing("munlock"))
      return util::Error{"cannot trace here", "this kernel shows no calls of mlock and munlock",
                         "mlockscope doctor says what it allows"};
    return std::move(plan_);
  }

private:
  [[nodiscard]] bool missing(std::string_view call) const {
    for (const std::string& each : plan_.missing_calls)
      if (each == call) return true;
    return false;
  }

  [[nodiscard]] bool allowed(Kind kind) const {
    const bool fentry = kind == Kind::function_enter || kind == Kind::function_exit;
    const bool kprobe = kind == Kind::kprobe || kind == Kind::kretprobe;
    return (!fentry || offers_.offers(Backend::fentry)) &&
           (!kprobe || offers_.offers(Backend::kprobe));
  }

  [[nodiscard]] bool offered(const Way& way) const {
    switch (way.kind) {
    case Kind::system_call:
    case Kind::tracepoint:
      return offers_.tracepoint(way.place);
    case Kind::function_enter:
    case Kind::function_exit:
      return allowed(way.kind) && offers_.function(way.place) &&
             offers_.arguments(way.place).has_value();
    case Kind::kprobe:
    case Kind::kretprobe:
      return allowed(way.kind) && offers_.function(way.place);
    }
    return false;
  }

  bool add(const Way& way, Phase phase, std::uint64_t cookie = 0) {
    bpf_program* program = bpf_object__find_program_by_name(object_, way.program);
    if (program == nullptr || !offered(way)) return false;
    plan_.hooks.push_back({program, way.kind, way.place, phase, wishes_.cookies ? cookie : 0});
    return true;
  }

  bool add_first(std::initializer_list<Way> ways, Phase phase) {
    for (const Way& way : ways)
      if (add(way, phase)) return true;
    return false;
  }

  /// Both or none: half of a call is worse than nothing.
  bool add_pair(const Way& enter, const Way& exit, Phase on_enter, Phase on_exit,
                std::uint64_t cookie = 0) {
    if (!offered(enter) || !offered(exit)) return false;
    return add(exit, on_exit, cookie) && add(enter, on_enter, cookie);
  }

  bool add_call(const Call& call) {
    const std::string name = call.name, function = system_call_function(name);
    const std::string enter = "fentry__" + name + "_enter", exit = "fentry__" + name + "_exit";
    const std::string on_enter = "syscalls/sys_enter_" + name,
                      on_exit = "syscalls/sys_exit_" + name;
    switch (plan_.backend) {
    case Backend::fentry:
      return add_pair({enter.c_str(), Kind::function_enter, function.c_str()},
                      {exit.c_str(), Kind::function_exit, function.c_str()}, Phase::enter,
                      Phase::exit);
    case Backend::kprobe:
      return add_pair({"kprobe__enter", Kind::kprobe, function.c_str()},
                      {"kprobe__exit", Kind::kretprobe, function.c_str()}, Phase::enter,
                      Phase::exit, call.number);
    case Backend::tracepoint:
      break;
    }
    return add_pair({"tracepoint__enter", Kind::system_call, on_enter.c_str()},
                    {"tracepoint__exit", Kind::system_call, on_exit.c_str()}, Phase::enter,
                    Phase::exit);
  }

  void add_calls() {
    for (const Call& call : calls)
      if (!add_call(call)) plan_.missing_calls.emplace_back(call.name);
  }

  void add_under_lock() {
    if (!offers_.arguments("mlock_fixup")) return; // which argument is which is not known
    if (plan_.backend == Backend::fentry)
      plan_.under_lock = add_pair({"fentry__fixup_enter", Kind::function_enter, "mlock_fixup"},
                                  {"fentry__fixup_exit", Kind::function_exit, "mlock_fixup"},
                                  Phase::exit, Phase::exit);
    if (!plan_.under_lock)
      plan_.under_lock = add_pair({"kprobe__fixup_enter", Kind::kprobe, "mlock_fixup"},
                                  {"kprobe__fixup_exit", Kind::kretprobe, "mlock_fixup"},
                                  Phase::exit, Phase::exit);
  }

  /// Where each ABI has functions of its own, those of the other one, too. The tracepoints of
  /// single calls leave it out (kernel/trace/trace_syscalls.c); those of all calls do not, and
  /// every system call of the host pays for them.
  void add_32_bit() {
    if (!offers_.has_32_bit()) return;
    if (plan_.backend != Backend::tracepoint && offers_.offers(Backend::kprobe))
      plan_.sees_32_bit = add_compat_functions();
    else
      plan_.sees_32_bit =
          wishes_.all_calls &&
          add_pair({"tracepoint__enter_32", Kind::tracepoint, "raw_syscalls/sys_enter"},
                   {"tracepoint__exit_32", Kind::tracepoint, "raw_syscalls/sys_exit"}, Phase::enter,
                   Phase::exit);
  }

  bool add_compat_functions() {
    bool all = true;
    for (const Call& call : calls)
      if (call.compat != nullptr && !missing(call.name))
        all = add_pair({compat_program, Kind::kprobe, call.compat},
                       {"kprobe__exit", Kind::kretprobe, call.compat}, Phase::enter, Phase::exit,
                       call.number) &&
              all;
    return all;
  }

  bool add_fault_functions(Kind enter, Kind exit, const std::string& flavour) {
    const auto program = [&flavour](const char* rest) { return flavour + "__" + rest; };
    if (!add_pair({program("fault_enter").c_str(), enter, "handle_mm_fault"},
                  {program("fault_exit").c_str(), exit, "handle_mm_fault"}, Phase::fault,
                  Phase::fault))
      return false;
    plan_.sees_present =
        add({program("fault_on_present").c_str(), enter, "do_wp_page"}, Phase::fault);
    plan_.sees_swap =
        add({program("fault_on_swapped").c_str(), enter, "do_swap_page"}, Phase::fault);
    return true;
  }

  bool add_fault_tracepoints() {
    plan_.sees_present = true; // the processor says so
    const bool user = add(
        {"tracepoint__user_fault", Kind::tracepoint, "exceptions/page_fault_user"}, Phase::fault);
    return add({"tracepoint__kernel_fault", Kind::tracepoint, "exceptions/page_fault_kernel"},
               Phase::fault) &&
           user;
  }

  void add_faults() {
    const bool added = (plan_.backend == Backend::fentry &&
                        add_fault_functions(Kind::function_enter, Kind::function_exit, "fentry")) ||
                       (plan_.backend == Backend::kprobe &&
                        add_fault_functions(Kind::kprobe, Kind::kretprobe, "kprobe")) ||
                       add_fault_tracepoints();
    if (!added) plan_.missing_events.emplace_back("faults");
  }

  void add_swap() {
    if (!add({"swap_changed", Kind::tracepoint, "kmem/rss_stat"}, Phase::swap))
      plan_.missing_events.emplace_back("swap");
    if (!add_first({{"page_written", Kind::tracepoint, "vmscan/mm_vmscan_write_folio"},
                    {"single_page_written", Kind::tracepoint, "vmscan/mm_vmscan_writepage"}},
                   Phase::swap))
      plan_.missing_events.emplace_back("writes to swap");
  }

  bpf_object* object_;
  const KernelOffers& offers_;
  Wishes wishes_;
  Plan plan_;
};

} // namespace

util::Result<Plan> make_plan(const probes& skeleton, Backend backend, const KernelOffers& offers,
                             Wishes wishes) {
  return Planner(skeleton, backend, offers, wishes).make();
}

} // namespace mlockscope::capture
