#include "capture/environment.hpp"
#include "capture/tracer.hpp"
#include "cli/commands.hpp"
#include "cli/status.hpp"

#include <cstdio>
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

/// Loading alone proves nothing: attach everything, to nobody, and detach again.
Check try_probes(bool verbose) {
  capture::TracerOptions options;
  options.page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  options.verbose = verbose;
  options.filters.family = 0; // nobody
  auto tracer = capture::Tracer::start(options);
  if (!tracer) {
    const auto& error = tracer.error();
    return {Check::State::missing, "probes",
            error.what + (error.why.empty() ? "" : ": ") + error.why, error.hint};
  }
  const auto& missing = tracer.value()->missing_calls();
  std::string detail = "attached by " + std::string(capture::name_of(tracer.value()->backend()));
  for (const auto& name : missing) detail += ", without " + name + " (not in this kernel)";
  for (const auto& name : tracer.value()->missing_events())
    detail += ", without " + name +
              (name == "faults" ? " (they go unseen)" : " (it is looked for now and then)");
  if (auto listed = tracer.value()->adopt_all(); !listed)
    return {Check::State::missing, "probes", listed.error().what + ": " + listed.error().why,
            "boot a kernel with BPF iterators (5.12 or later)"};
  return {Check::State::good, "probes", detail, ""};
}

} // namespace

int doctor(bool verbose) {
  auto checks = capture::check_environment();
  bool possible = true;
  for (const Check& check : checks) possible &= check.state != Check::State::missing;
  if (possible) checks.push_back(try_probes(verbose));
  for (const Check& check : checks) print(check);
  possible = checks.back().state != Check::State::missing && possible;
  std::printf("\n%s\n", possible ? "mlockscope can trace on this host."
                                 : "mlockscope cannot trace on this host.");
  return possible ? status_done : status_impossible;
}

} // namespace mlockscope::cli
