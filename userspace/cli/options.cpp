#include "cli/options.hpp"

#include "model/platforms.hpp"
#include "model/words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdlib>
#include <map>

namespace mlockscope::cli {
namespace {

using model::Kind;
using model::Severity;

template <class Values> auto by_word(const Values& values) {
  std::map<std::string, typename Values::value_type> words;
  for (const auto value : values) words.emplace(word(value), value);
  return words;
}

const auto kinds = by_word(model::kinds);
const auto severities =
    by_word(std::array{Severity::low, Severity::medium, Severity::high, Severity::critical});
const auto name_labels = by_word(
    std::array{metrics::NameLabel::container, metrics::NameLabel::pod, metrics::NameLabel::unit});
const std::map<std::string, Format> formats{
    {"line", Format::line}, {"report", Format::report}, {"json", Format::json}};
const std::map<std::string, ColourChoice> colours{{"auto", ColourChoice::automatic},
                                                  {"always", ColourChoice::always},
                                                  {"never", ColourChoice::never}};
const std::map<std::string, Backend> backends{{"auto", Backend::automatic},
                                              {"fentry", Backend::fentry},
                                              {"kprobe", Backend::kprobe},
                                              {"tracepoint", Backend::tracepoint}};
const std::map<std::string, StacksChoice> stack_choices{
    {"auto", StacksChoice::automatic}, {"on", StacksChoice::on}, {"off", StacksChoice::off}};
const std::map<std::string, From> languages{{"recording", From::recording},
                                            {"strace", From::strace}};
const std::map<std::string, OnLost> losses{
    {"fail", OnLost::fail}, {"warn", OnLost::warn}, {"ignore", OnLost::ignore}};

/// Takes one of the words and nothing else; the error lists them.
template <class Value> CLI::Validator one_of(const std::map<std::string, Value>& words) {
  std::string list;
  for (const auto& [word, value] : words) list += (list.empty() ? "" : "|") + word;
  return {[words, list](std::string& text) {
            const auto found = words.find(text);
            if (found == words.end()) return "'" + text + "' is not one of " + list;
            text = std::to_string(static_cast<long>(found->second));
            return std::string();
          },
          ""};
}

/// "8M" to bytes: a power of two, at least `least` and at most 1G. What it is not, is the error.
std::string read_size(std::string& text, std::uint64_t least, const std::string& least_text) {
  static const std::map<std::string, unsigned> units{{"", 0},     {"K", 10}, {"KIB", 10}, {"M", 20},
                                                     {"MIB", 20}, {"G", 30}, {"GIB", 30}};
  const std::string wrong = "'" + text + "' is not a power of two from " + least_text + " to 1G";
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string unit = text.substr(digits);
  std::ranges::transform(unit, unit.begin(), [](unsigned char c) { return std::toupper(c); });
  if (digits == 0 || digits > 10 || !units.contains(unit)) return wrong;
  const std::uint64_t bytes = std::stoull(text.substr(0, digits)) << units.at(unit);
  if (bytes < least || bytes > 1u << 30 || !std::has_single_bit(bytes)) return wrong;
  text = std::to_string(bytes);
  return {};
}

/// The ring buffer is a power of two of at least a page (kernel/bpf/ringbuf.c).
std::string read_ring_size(std::string& text) { return read_size(text, 64u << 10, "64K"); }
std::string read_page_size(std::string& text) { return read_size(text, 1u << 10, "1K"); }

std::string check_platform(std::string& text) {
  if (text == "list" || model::find_platform(text) != nullptr) return {};
  return "'" + text + "' is no platform; --platform list shows all";
}

std::string check_duration(std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  const bool number = end != text.c_str() && *end == '\0';
  return number && seconds > 0 && seconds < 1e9 ? std::string()
                                                : "'" + text + "' is not a number of seconds";
}

constexpr const char* processes_group = "Which processes (alike are or-ed, unlike are and-ed)";

void add_filters(CLI::App& app, ProcessOptions& options) {
  const char* group = processes_group;
  app.add_option("-p,--pid", options.pids, "these processes")
      ->type_name("PID")
      ->delimiter(',')
      ->group(group);
  app.add_option("--comm", options.comms, "by name, with * ? and [a-z]")
      ->type_name("GLOB")
      ->group(group);
  app.add_option("-u,--uid", options.uids, "of these users")
      ->type_name("USER")
      ->delimiter(',')
      ->group(group);
  app.add_option("--cgroup", options.cgroups, "in this cgroup (v2) or below")
      ->type_name("PATH")
      ->group(group);
  app.add_option("--not-pid", options.not_pids, "but not these")
      ->type_name("PID")
      ->delimiter(',')
      ->group(group);
  app.add_option("--not-comm", options.not_comms, "but not these")->type_name("GLOB")->group(group);
}

void add_follow(CLI::App& app, ProcessOptions& options) {
  app.add_flag("--follow", options.follow, "and their descendants")->group(processes_group);
}

void add_outputs(CLI::App& app, ViewOptions& options) {
  const char* group = "What is shown, and where";
  app.add_option("--kind", options.kinds, "only findings of this kind")
      ->transform(one_of(kinds))
      ->type_name("KIND")
      ->delimiter(',')
      ->group(group);
  app.add_option("--min-severity", options.min_severity, "and worse")
      ->transform(one_of(severities))
      ->type_name("low|medium|high|critical")
      ->group(group);
  app.add_flag("--show-possible", options.show_possible, "locks older than the tracing")
      ->group(group);
  app.add_option("--format", options.format, "default: report for run, else line")
      ->transform(one_of(formats))
      ->type_name("line|report|json")
      ->group(group);
  app.add_option("-o,--output", options.output, "instead of standard output")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--calls", options.calls, "every call, not only findings")->group(group);
  app.add_flag("-T,--timestamps", options.timestamps, "in the line format")->group(group);
  app.add_option("--color", options.colour, "default: on a terminal")
      ->transform(one_of(colours))
      ->type_name("auto|always|never")
      ->group(group);
}

void add_places(CLI::App& app, ViewOptions& options) {
  const char* group = "Places in the code, and reports for CI";
  app.add_flag("--every", options.every, "each finding, not once for a place")->group(group);
  app.add_option("--suppressions", options.suppressions, "findings that are harmless; repeatable")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--no-default-suppressions", options.no_built_in_suppressions,
               "without those that are built in")
      ->group(group);
  app.add_flag("--gen-suppressions", options.gen_suppressions,
               "print entries for such a file, to stderr")
      ->group(group);
  app.add_option("--sarif", options.sarif, "findings for code scanning, SARIF 2.1.0")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--junit", options.junit, "findings as failed tests")
      ->type_name("FILE")
      ->group(group);
}

void add_metrics(CLI::App& app, MetricsOptions& options) {
  const char* group = "Metrics for Prometheus";
  app.add_flag("--metrics", options.wanted, "serve them at 127.0.0.1:9778")->group(group);
  app.add_option("--web.listen-address", options.addresses, "or here; also unix:/PATH; repeatable")
      ->type_name("ADDR:PORT")
      ->group(group);
  app.add_option("--web.config.file", options.config_file,
                 "TLS and passwords, as exporters have it")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--metrics-comms", options.names, "names with own series, default 100")
      ->check(CLI::Range(0, 10'000).description(""))
      ->type_name("N")
      ->group(group);
  app.add_option("--metrics-labels", options.labels, "more labels than comm")
      ->transform(one_of(name_labels))
      ->type_name("container,pod,unit")
      ->delimiter(',')
      ->group(group);
}

void add_probes(CLI::App& app, CommonOptions& options) {
  const char* group = "How it is traced";
  app.add_option("--record", options.record, "keep all events, for mlockscope replay")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--backend", options.backend, "default: the best this kernel has")
      ->transform(one_of(backends))
      ->type_name("auto|fentry|kprobe|tracepoint")
      ->group(group);
  app.add_flag("--all-calls", options.all_calls, "32-bit ones by tracepoints, too (run: always)")
      ->group(group);
  app.add_flag("--plain-probes", options.plain_probes, "as on an old kernel (for tests)")
      ->group("");
  app.add_option("--stacks", options.stacks, "who called; auto: as far as it costs little")
      ->transform(one_of(stack_choices))
      ->type_name("auto|on|off")
      ->group(group);
  app.add_option("--buffer", options.buffer, "ring buffer, default 8M")
      ->transform(CLI::Validator(read_ring_size, ""))
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--simulate-loss", options.simulate_loss, "drop every Nth event (for tests)")
      ->type_name("N")
      ->group(group);
  app.add_option("--fork-grace", options.fork_grace,
                 "grace for copies in forked children, default 100")
      ->check(CLI::Range(0.0, 86'400'000.0).description(""))
      ->type_name("MS")
      ->group(group);
  app.add_option("-d,--duration", options.duration, "end after this time")
      ->check(CLI::Validator(check_duration, ""))
      ->type_name("SEC")
      ->group(group);
  app.add_flag("-v,--verbose", options.verbose, "what libbpf says")->group(group);
}

void add_gate(CLI::App& app, GateOptions& options) {
  const char* group = "The exit status";
  app.add_option("--fail-on", options.fail_on, "status 99 if a finding is as severe")
      ->transform(one_of(severities))
      ->type_name("SEVERITY")
      ->group(group);
  app.add_option("--error-exitcode", options.error_exitcode, "instead of 99")
      ->check(CLI::Range(1, 255).description(""))
      ->type_name("N")
      ->group(group);
  app.add_option("--on-lost", options.on_lost, "what lost events mean to --fail-on")
      ->transform(one_of(losses))
      ->type_name("fail|warn|ignore")
      ->group(group);
}

void add_rules(CLI::App& app, ReplayOptions& options) {
  const char* group = "By which rules (default: as recorded)";
  app.add_option("--page-size", options.page_size, "as on a machine with such pages")
      ->transform(CLI::Validator(read_page_size, ""))
      ->type_name("4K|16K|64K|2M")
      ->group(group);
  app.add_option("--platform", options.platform, "as there; 'list' shows all and their rules")
      ->check(CLI::Validator(check_platform, ""))
      ->type_name("NAME")
      ->group(group);
  app.add_flag("--matrix", options.matrix, "all platforms and page sizes, side by side")
      ->group(group);
  app.add_option("--from", options.from, "what the files are")
      ->transform(one_of(languages))
      ->type_name("recording|strace")
      ->group(group);
  app.add_option("--log-page-size", options.log_page_size, "where strace ran, default 4K")
      ->transform(CLI::Validator(read_page_size, ""))
      ->type_name("SIZE")
      ->group(group);
  app.add_option("-j,--jobs", options.jobs, "at a time; default: one a processor")
      ->check(CLI::Range(1, 1024).description(""))
      ->type_name("N")
      ->group(group);
}

} // namespace

void add_common_options(CLI::App& app, CommonOptions& options) {
  add_filters(app, options.processes);
  add_follow(app, options.processes);
  add_outputs(app, options.view);
  add_places(app, options.view);
  add_metrics(app, options.metrics);
  add_probes(app, options);
  // What follows a value is not one more value, but an option or the command.
  for (CLI::Option* option : app.get_options()) option->allow_extra_args(false);
}

void add_run_options(CLI::App& app, RunOptions& options) {
  const char* group = "The command";
  app.add_option("--user", options.user, "run CMD as this user")->type_name("NAME")->group(group);
  app.add_flag("--wait-all", options.wait_all, "end when its last descendant ends")->group(group);
  add_gate(app, options.gate);
  // What is not an option of ours begins the command; the rest is the command's.
  app.prefix_command();
}

void add_replay_options(CLI::App& app, ReplayOptions& options) {
  app.add_option("files", options.files, "recordings; - is standard input")->type_name("FILE");
  add_rules(app, options);
  add_filters(app, options.processes);
  add_outputs(app, options.view);
  add_places(app, options.view);
  add_gate(app, options.gate);
  for (CLI::Option* option : app.get_options())
    if (option->get_name() != "files") option->allow_extra_args(false);
}

} // namespace mlockscope::cli
