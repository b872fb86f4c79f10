#include "capture/probes.hpp"

#include "capture/environment.hpp"

#include <linux/perf_event.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string_view>

namespace mlockscope::capture {
namespace {

constexpr std::string_view enter_prefix = "syscalls/sys_enter_";
constexpr std::string_view exit_prefix = "syscalls/sys_exit_";

/// "syscalls/sys_enter_mlock" for such a program, nothing for others.
std::string syscall_event(const bpf_program* program) {
  const std::string_view section = bpf_program__section_name(program);
  return section.starts_with("tp/") ? std::string(section.substr(3)) : std::string();
}

/// Probes that not every kernel has a tracepoint for, and where in tracefs it would be. What they
/// tell is then missing, or found out in another way.
struct Optional {
  bpf_program* program;
  const char* event;
};
std::array<Optional, 4> optional_probes(const probes& skeleton) {
  return {{{skeleton.progs.user_faulted, "exceptions/page_fault_user"},
           {skeleton.progs.kernel_faulted, "exceptions/page_fault_kernel"},
           {skeleton.progs.swap_changed, "kmem/rss_stat"},
           {skeleton.progs.page_written, "vmscan/mm_vmscan_write_folio"}}};
}

int print_nothing(libbpf_print_level, const char*, va_list) { return 0; }
int print_all(libbpf_print_level, const char* format, va_list args) {
  return std::vfprintf(stderr, format, args);
}

void leave_out_missing(probes& skeleton, const Tracefs& tracefs) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) {
    const std::string event = syscall_event(program);
    if (!event.empty() && !tracefs.event_id(event)) bpf_program__set_autoload(program, false);
  }
  for (const auto& [optional, event] : optional_probes(skeleton))
    if (!tracefs.event_id(event)) bpf_program__set_autoload(optional, false);
}

util::Result<Link> attach_syscall(bpf_program* program, const Tracefs& tracefs,
                                  const std::string& event) {
  auto id = tracefs.event_id(event);
  if (!id) return id.error();
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof(attributes);
  attributes.config = static_cast<std::uint64_t>(id.value());
  // pid -1, cpu 0: a BPF program on a tracepoint runs for every process on every CPU
  const long fd = ::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
  if (fd < 0)
    return util::system_error("cannot open tracepoint " + event, errno, privilege_hint(errno));
  Link link(bpf_program__attach_perf_event(program, static_cast<int>(fd)));
  if (!link) {
    const int error = errno;
    ::close(static_cast<int>(fd));
    return util::system_error("cannot attach to tracepoint " + event, error, privilege_hint(error));
  }
  return link;
}

util::Result<Link> attach_other(bpf_program* program) {
  Link link(bpf_program__attach(program));
  if (link) return link;
  return util::system_error(std::string("cannot attach ") + bpf_program__section_name(program),
                            errno, privilege_hint(errno));
}

/// 0: what ends address spaces and follows children, 1: exits, 2: enters. An enter without its
/// exit would look like a call that never ends.
int rank(const bpf_program* program) {
  const std::string event = syscall_event(program);
  return event.starts_with(enter_prefix) ? 2 : event.starts_with(exit_prefix) ? 1 : 0;
}

util::Status choose_stacks(probes& skeleton, const TracerOptions& options) {
  const bool command = options.filters.family.has_value();
  auto& knobs = *skeleton.rodata;
  knobs.stacks = static_cast<std::uint32_t>(options.stacks);
  knobs.stack_copies = options.stack_copies;
  knobs.copies_per_place = command ? 0 : options.copies_per_place;
  knobs.walks_per_second = command ? 0 : options.walks_per_second;
  knobs.told_slots = options.stack_slots;
  knobs.short_lived = command;
  bpf_map__set_max_entries(skeleton.maps.told_stacks, options.stack_slots);
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
    return util::system_error("cannot get random numbers", errno);
  knobs.stack_seed = seed;
  return util::success();
}

} // namespace

void set_libbpf_log(bool verbose) { libbpf_set_print(verbose ? print_all : print_nothing); }

util::Result<ProbesPtr> load_probes(const TracerOptions& options, const Tracefs& tracefs) {
  set_libbpf_log(options.verbose);
  ProbesPtr skeleton(probes__open());
  if (!skeleton) return util::system_error("cannot open the probes", errno);
  skeleton->rodata->page_size = options.page_size;
  skeleton->rodata->wake_bytes = options.ring_bytes / 8;
  skeleton->rodata->simulate_loss = options.simulate_loss;
  skeleton->rodata->follow_mappings = options.all_mappings;
  choose_filters(*skeleton, options.filters);
  if (auto chosen = choose_stacks(*skeleton, options); !chosen) return chosen.error();
  bpf_map__set_max_entries(skeleton->maps.events, static_cast<std::uint32_t>(options.ring_bytes));
  leave_out_missing(*skeleton, tracefs);
  const int error = -probes__load(skeleton.get());
  if (error != 0)
    return util::system_error("the kernel refused the probes", error,
                              privilege_hint(error) + " (--verbose shows the kernel's reasons)");
  return skeleton;
}

std::vector<std::string> calls_left_out(const probes& skeleton) {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) {
    const std::string event = syscall_event(program);
    if (event.starts_with(enter_prefix) && !bpf_program__autoload(program))
      names.push_back(event.substr(enter_prefix.size()));
  }
  return names;
}

std::vector<std::string> events_left_out(const probes& skeleton) {
  std::vector<std::string> names;
  for (const auto& [optional, event] : optional_probes(skeleton))
    if (!bpf_program__autoload(optional)) names.emplace_back(event);
  return names;
}

std::size_t programs_left_out(const probes& skeleton) {
  std::size_t count = 0;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) count += !bpf_program__autoload(program);
  return count;
}

util::Result<std::vector<Link>> attach_probes(probes& skeleton, const Tracefs& tracefs,
                                              bool faults) {
  std::vector<Link> links;
  for (int turn = 0; turn <= 2; ++turn) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton.obj) {
      const bool iterator =
          std::string_view(bpf_program__section_name(program)).starts_with("iter/");
      const bool fault =
          program == skeleton.progs.user_faulted || program == skeleton.progs.kernel_faulted;
      const bool swap =
          program == skeleton.progs.swap_changed || program == skeleton.progs.page_written;
      const bool later = swap || (fault && !faults);
      if (iterator || later || !bpf_program__autoload(program) || rank(program) != turn) continue;
      const std::string event = syscall_event(program);
      auto link = event.empty() ? attach_other(program) : attach_syscall(program, tracefs, event);
      if (!link) return link.error();
      links.push_back(link.take());
    }
  }
  return links;
}

} // namespace mlockscope::capture
