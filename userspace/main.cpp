// Flags -> a command -> its exit status.

#include "cli/commands.hpp"
#include "cli/status.hpp"
#include "cli/version.hpp"
#include "demo/demo.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace {

using namespace mlockscope;

constexpr const char* examples = R"(
Examples:
  mlockscope run -- ./tests                    findings of one program, as a report
  mlockscope run --fail-on high --sarif r.sarif -- ./tests   in CI: status 99 if there is one
  mlockscope trace                             the whole system, a line a finding
  mlockscope trace --comm 'gpg*' --follow -T   some programs and their descendants
  mlockscope trace --format json -o f.ndjson   for other programs
  mlockscope run --record r.mls -- ./tests     ... and keep what happened
  mlockscope replay r.mls --page-size 16K      what it would come to on other pages
  mlockscope run -- mlockscope demo            see it work
)";

int demo_command(const std::string& name, bool list) {
  if (list) {
    demo::print_list(stdout);
    return cli::status_done;
  }
  if (name.empty()) return demo::run_all();
  if (const auto* chosen = demo::find_case(name)) return demo::run_case(*chosen);
  std::fprintf(stderr, "mlockscope: the demo has no case '%s'; mlockscope demo --list shows them\n",
               name.c_str());
  return cli::status_usage;
}

/// Where one of them is closed, the next file opened would be taken for it.
void open_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= 2) fd = ::open("/dev/null", O_RDWR);
  if (fd > 2) ::close(fd);
}

/// How many arguments are for us: in `run [OPTIONS] -- CMD ARG...` those before the `--`.
int own_arguments(int argc, char** argv) {
  const bool run = argc > 1 && std::string_view(argv[1]) == "run";
  for (int i = 2; run && i < argc; ++i)
    if (std::string_view(argv[i]) == "--") return i;
  return argc;
}

/// The command of `run`, with or without the `--` before it; empty if there is none.
std::vector<std::string> command_of(const CLI::App& run, int own, int argc, char** argv) {
  std::vector<std::string> command = run.remaining();
  if (!command.empty() && command.front().starts_with('-'))
    throw CLI::ExtrasError("run", {command.front()});
  // behind a command word, `--` is an argument of the command
  const int rest = command.empty() ? own + 1 : own;
  for (int i = rest; i < argc; ++i) command.emplace_back(argv[i]);
  return command;
}

} // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  CLI::App app{"Shows when memory that a program believes to be locked is not.", "mlockscope"};
  app.set_version_flag("--version", std::string("mlockscope ") + cli::version_text);
  app.footer(examples);
  app.require_subcommand(1);

  cli::CommonOptions trace;
  auto* trace_command =
      app.add_subcommand("trace", "trace the whole system, or what filters select");
  cli::add_common_options(*trace_command, trace);

  cli::RunOptions run;
  run.common.view.format = cli::Format::report;
  auto* run_command =
      app.add_subcommand("run", "trace a command: mlockscope run [OPTIONS] -- CMD ARG...");
  cli::add_common_options(*run_command, run.common);
  cli::add_run_options(*run_command, run);

  cli::ReplayOptions replay;
  auto* replay_command = app.add_subcommand(
      "replay", "judge recordings again, by the same rules or by those of other platforms");
  cli::add_replay_options(*replay_command, replay);

  bool verbose = false;
  auto* doctor_command =
      app.add_subcommand("doctor", "what this kernel allows, and what is missing");
  doctor_command->add_flag("-v,--verbose", verbose, "what libbpf says");

  std::string name;
  bool list = false;
  auto* demo_subcommand =
      app.add_subcommand("demo", "commit the mistakes, so that there is something to see");
  demo_subcommand->add_option("case", name, "one of them; --list shows all")->type_name("CASE");
  demo_subcommand->add_flag("--list", list, "the cases and the findings they give");

  std::string kind;
  auto* explain_command =
      app.add_subcommand("explain", "what a kind of finding means, and what helps");
  explain_command->add_option("kind", kind, "spill, nested, lock-failed, ...")
      ->type_name("KIND")
      ->required();

  const int own = own_arguments(argc, argv);
  try {
    app.parse(own, argv);
    if (*run_command) run.command = command_of(*run_command, own, argc, argv);
    if (*run_command && run.command.empty())
      throw CLI::RequiredError("mlockscope run [OPTIONS] -- CMD [ARG...]: CMD");
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "mlockscope: %s; see mlockscope --help\n", error.what());
    return cli::status_usage;
  }
  if (*trace_command) return cli::trace(trace);
  if (*run_command) return cli::run(run);
  if (*replay_command) return cli::replay(replay);
  if (*explain_command) return cli::explain(kind);
  if (*doctor_command) return cli::doctor(verbose);
  return demo_command(name, list);
}
