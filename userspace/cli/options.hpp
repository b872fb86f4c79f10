// What the user asked for, checked as far as it can be without the kernel.
#pragma once

#include "metrics/recorder.hpp"
#include "model/finding.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mlockscope::cli {

enum class Format { line, report, json };
enum class ColourChoice { automatic, always, never };
enum class Backend { automatic, fentry, kprobe, tracepoint };
enum class OnLost { fail, warn, ignore };
/// User stacks of lock and unlock calls.
enum class StacksChoice { automatic, on, off };

/// Which processes; see capture::Filters for what they become.
struct ProcessOptions {
  std::vector<std::uint32_t> pids{}, not_pids{};
  std::vector<std::string> comms{}, not_comms{}, uids{}, cgroups{};
  bool follow = false;
};

/// The exporter; see metrics/ and web/.
struct MetricsOptions {
  bool wanted = false;
  std::vector<std::string> addresses; ///< empty: the default one
  std::string config_file;            ///< empty: no TLS, no passwords
  std::optional<std::size_t> names;   ///< process names with series of their own
  std::vector<metrics::NameLabel> labels;

  /// Any of them asks for it.
  [[nodiscard]] bool on() const {
    return wanted || !addresses.empty() || !config_file.empty() || names || !labels.empty();
  }
};

/// What is shown, and where: of a tracing and of a recording alike.
struct ViewOptions {
  std::vector<model::Kind> kinds;
  model::Severity min_severity = model::Severity::low;
  bool show_possible = false;
  Format format = Format::line;
  std::string output; ///< empty: standard output
  bool calls = false;
  bool timestamps = false;
  ColourChoice colour = ColourChoice::automatic;
  bool every = false;                    ///< also those that came from the same places before
  std::vector<std::string> suppressions; ///< files, besides those that are built in
  bool no_built_in_suppressions = false;
  bool gen_suppressions = false; ///< print an entry for each finding that is shown whole
  std::string sarif, junit;      ///< files; empty: not written
};

/// What findings and losses do to the exit status.
struct GateOptions {
  std::optional<model::Severity> fail_on;
  int error_exitcode = 99;
  OnLost on_lost = OnLost::fail;
};

/// What `trace` and `run` share.
struct CommonOptions {
  ProcessOptions processes;
  ViewOptions view;
  MetricsOptions metrics;
  std::string record; ///< a file for the recording; empty: none
  Backend backend = Backend::automatic;
  bool all_calls = false;    ///< those of the 32-bit ABI, too, whatever it costs
  bool plain_probes = false; ///< as for an old kernel; for tests
  StacksChoice stacks = StacksChoice::automatic;
  std::uint64_t buffer = 8u << 20;
  std::uint32_t simulate_loss = 0;
  double fork_grace = 100; ///< milliseconds
  double duration = 0;     ///< seconds; 0: until interrupted
  bool verbose = false;
};

struct RunOptions {
  CommonOptions common;
  std::vector<std::string> command;
  std::string user;
  bool wait_all = false;
  GateOptions gate;
};

/// The language of a log that is judged instead of a recording.
enum class From { recording, strace };

struct ReplayOptions {
  ProcessOptions processes;
  ViewOptions view;
  GateOptions gate;
  std::vector<std::string> files;
  From from = From::recording;
  std::optional<std::uint64_t> page_size; ///< bytes; as recorded, if not given
  std::string platform;                   ///< empty: as recorded
  std::uint64_t log_page_size = 4096;     ///< of the machine where strace ran
  bool matrix = false;
  std::size_t jobs = 0; ///< 0: one for each processor
};

void add_common_options(CLI::App&, CommonOptions&);
void add_run_options(CLI::App&, RunOptions&);
void add_replay_options(CLI::App&, ReplayOptions&);

} // namespace mlockscope::cli
