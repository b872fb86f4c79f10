#include "capture/probes.hpp"

#include "capture/environment.hpp"

#include <bpf/bpf.h>
#include <probes_plain_skel.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace mlockscope::capture {
namespace {

int print_nothing(libbpf_print_level, const char*, va_list) { return 0; }
int print_all(libbpf_print_level, const char* format, va_list args) {
  return std::vfprintf(stderr, format, args);
}

/// What only the full build of the probes uses; bpf/features.bpf.h. The helpers are the youngest of
/// it (5.17), so they stand for the rest.
bool needs_plain(const TracerOptions& options) {
  return options.plain ||
         libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_find_vma, nullptr) != 1 ||
         libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr) != 1;
}

/// The plain build has the same programs, maps and variables under the same names (CMake checks
/// the variables), so one skeleton serves both.
ProbesPtr open_probes(bool plain) {
  if (!plain) return ProbesPtr(probes__open());
  ProbesPtr skeleton(static_cast<probes*>(std::calloc(1, sizeof(probes))));
  if (!skeleton || probes__create_skeleton(skeleton.get()) != 0) return nullptr;
  skeleton->skeleton->data = probes_plain__elf_bytes(&skeleton->skeleton->data_sz);
  if (bpf_object__open_skeleton(skeleton->skeleton, nullptr) != 0) return nullptr;
  return skeleton;
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

void choose_ways(probes& skeleton, const Plan& plan, const KernelOffers& offers) {
  auto& knobs = *skeleton.rodata;
  knobs.cpus = std::bit_ceil(static_cast<std::uint32_t>(std::max(1, libbpf_num_possible_cpus())));
  knobs.under_lock = plan.under_lock;
  knobs.fixup_takes_iterator = offers.arguments("mlock_fixup") == 6u;
  knobs.sees_swap_entries = plan.sees_swap;
  knobs.sees_present = plan.sees_present;
}

/// Only the programs that have a hook, and the iterators.
util::Status choose_programs(probes& skeleton, const Plan& plan) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) {
    const bool iterator = std::string_view(bpf_program__section_name(program)).starts_with("iter/");
    bpf_program__set_autoload(program, iterator);
  }
  for (const Hook& hook : plan.hooks) {
    bpf_program__set_autoload(hook.program, true);
    if (auto aimed = aim(hook); !aimed) return aimed;
  }
  return util::success();
}

/// What the start costs: the kernel's verifier looks at each way through each program.
void print_costs(const probes& skeleton) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) {
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    const int fd = bpf_program__fd(program);
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0)
      std::fprintf(stderr, "%-24s %7u instructions verified\n", bpf_program__name(program),
                   info.verified_insns);
  }
}

} // namespace

void set_libbpf_log(bool verbose) { libbpf_set_print(verbose ? print_all : print_nothing); }

util::Result<Probes> load_probes(const TracerOptions& options, Backend backend,
                                 const KernelOffers& offers) {
  set_libbpf_log(options.verbose);
  const bool plain = needs_plain(options);
#if !defined(__x86_64__)
  // Its user registers and the numbers of its 32-bit ABI are not known there, and nobody tried.
  if (plain)
    return util::Error{"cannot trace here", "this kernel has no bpf_find_vma()",
                       "boot Linux 5.17 or later; older ones will do on x86-64 only"};
#endif
  Probes probes{open_probes(plain), {}, plain};
  if (!probes.skeleton) return util::system_error("cannot open the probes", errno);
  auto& skeleton = *probes.skeleton;
  auto plan =
      make_plan(skeleton, backend, offers, {.cookies = !plain, .all_calls = options.all_calls});
  if (!plan) return plan.error();
  probes.plan = plan.take();
  skeleton.rodata->page_size = options.page_size;
  skeleton.rodata->wake_bytes = options.ring_bytes / 8;
  skeleton.rodata->simulate_loss = options.simulate_loss;
  skeleton.rodata->follow_mappings = options.all_mappings;
  choose_filters(skeleton, options.filters);
  choose_ways(skeleton, probes.plan, offers);
  if (auto chosen = choose_stacks(skeleton, options); !chosen) return chosen.error();
  bpf_map__set_max_entries(skeleton.maps.events, static_cast<std::uint32_t>(options.ring_bytes));
  if (auto chosen = choose_programs(skeleton, probes.plan); !chosen) return chosen.error();
  const int error = -probes__load(&skeleton);
  if (error != 0)
    return util::system_error("the kernel refused the probes", error,
                              privilege_hint(error) + " (--verbose shows the kernel's reasons)");
  if (options.verbose) print_costs(skeleton);
  return probes;
}

std::vector<Hook> hooks_of(const Plan& plan, Phase phase) {
  std::vector<Hook> hooks;
  for (const Hook& hook : plan.hooks)
    if (hook.phase == phase) hooks.push_back(hook);
  return hooks;
}

util::Result<std::vector<Link>> attach_hooks(const Plan& plan, std::vector<Phase> phases,
                                             const Tracefs& tracefs) {
  std::vector<Link> links;
  for (const Phase phase : phases)
    for (const Hook& hook : hooks_of(plan, phase)) {
      auto link = attach(hook, tracefs);
      if (!link) return link.error();
      links.push_back(link.take());
    }
  return links;
}

} // namespace mlockscope::capture
