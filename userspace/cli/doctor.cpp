#include "capture/environment.hpp"
#include "capture/tracer.hpp"
#include "cli/commands.hpp"
#include "cli/status.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace mlockscope::cli {
namespace {

using capture::Check;

void print(const Check& check) {
  const char* mark = check.state == Check::State::good   ? " ok "
                     : check.state == Check::State::note ? "    "
                                                         : "MISSING";
  std::printf("%-8s%-14s%s\n", mark, check.what.c_str(), check.detail.c_str());
  if (!check.hint.empty()) std::printf("%-22s-> %s\n", "", check.hint.c_str());
}

Check words_check(const capture::Tracer& probes) {
  if (probes.reads_mappings())
    return {Check::State::good, "kernel's word", "VM_LOCKED is read where a call is made", ""};
  if (probes.under_lock())
    return {Check::State::note, "kernel's word",
            "VM_LOCKED is read in lock calls only (no bpf_find_vma)", ""};
  return {Check::State::note, "kernel's word",
          "cannot be read: findings are modelled (no bpf_find_vma, before 5.17)", ""};
}

Check order_check(const capture::Tracer& probes) {
  if (probes.under_lock())
    return {Check::State::good, "order", "lock calls are seen under the kernel's own lock", ""};
  return {Check::State::note, "order", "of calls made at once is not known: those are not verified",
          ""};
}

Check abi_check(const capture::Tracer& probes) {
  if (probes.sees_32_bit())
    return {Check::State::good, "32-bit calls", "seen, or not possible on this kernel", ""};
  return {Check::State::note, "32-bit calls", std::string("go unseen") + capture::way_to_32_bit,
          ""};
}

/// Loading alone proves nothing: attach everything, to nobody, and detach again.
util::Result<std::unique_ptr<capture::Tracer>> start(std::optional<capture::Backend> backend,
                                                     bool verbose) {
  capture::TracerOptions options;
  options.page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  options.backend = backend;
  options.faults = true;
  options.verbose = verbose;
  options.filters.family = 0; // nobody
  return capture::Tracer::start(options);
}

Check backend_check(capture::Backend backend, bool verbose) {
  const std::string name(capture::name_of(backend));
  const auto tracer = start(backend, verbose);
  if (tracer) return {Check::State::good, name, "can be attached", ""};
  const util::Error& error = tracer.error();
  return {Check::State::note, name,
          "not here: " + error.what + (error.why.empty() ? "" : ": ") + error.why, ""};
}

/// The probes that are attached while an exposure is open.
bool swap_can_be_watched(capture::Tracer& tracer) {
  tracer.watch_swap(true);
  for (int tries = 0; tries < 100 && !tracer.swap_watched(); ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return tracer.swap_watched();
}

std::string what_is_missing(capture::Tracer& probes) {
  std::string text;
  for (const auto& name : probes.missing_calls()) text += ", without " + name;
  const auto missing = probes.missing_events();
  for (const auto& name : missing)
    text += ", without " + name + (name == "swap" ? " (polled instead)" : " (they go unseen)");
  const bool swap = std::find(missing.begin(), missing.end(), "swap") == missing.end();
  if (swap && !swap_can_be_watched(probes)) text += ", without swap (it cannot be attached)";
  return text;
}

std::vector<Check> try_probes(bool verbose) {
  auto tracer = start(std::nullopt, verbose);
  if (!tracer) {
    const auto& error = tracer.error();
    return {{Check::State::missing, "probes",
             error.what + (error.why.empty() ? "" : ": ") + error.why, error.hint}};
  }
  capture::Tracer& probes = *tracer.value();
  const std::string name(capture::name_of(probes.backend()));
  if (auto listed = probes.adopt_all(); !listed)
    return {{Check::State::missing, "probes", listed.error().what + ": " + listed.error().why,
             "boot a kernel with BPF iterators (5.8 or later)"}};
  return {{Check::State::good, "probes", "attached by " + name + what_is_missing(probes), ""},
          words_check(probes),
          order_check(probes),
          abi_check(probes)};
}

} // namespace

int doctor(bool verbose) {
  auto checks = capture::check_environment();
  const auto add = [&checks](const std::vector<Check>& more) {
    checks.insert(checks.end(), more.begin(), more.end());
  };
  const auto possible = [&checks] {
    return std::none_of(checks.begin(), checks.end(),
                        [](const Check& check) { return check.state == Check::State::missing; });
  };
  if (possible())
    for (const capture::Backend backend : capture::all_backends)
      add({backend_check(backend, verbose)});
  if (possible()) add(try_probes(verbose));
  for (const Check& check : checks) print(check);
  std::printf("\n%s\n", possible() ? "mlockscope can trace on this host."
                                   : "mlockscope cannot trace on this host.");
  return possible() ? status_done : status_impossible;
}

} // namespace mlockscope::cli
