#include "cli/replay.hpp"

#include "cli/commands.hpp"
#include "cli/complain.hpp"
#include "cli/gate.hpp"
#include "cli/outlets.hpp"
#include "cli/pipeline.hpp"
#include "cli/sinks.hpp"
#include "cli/spool.hpp"
#include "cli/status.hpp"
#include "cli/version.hpp"
#include "recording/reader.hpp"
#include "report/rules.hpp"
#include "report/text.hpp"
#include "strace/log.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace mlockscope::cli {
namespace {

/// A pipeline that nobody answers: what the correlator wants to know is in the recording, if
/// anywhere.
class Verdicts final : public model::Output {
public:
  explicit Verdicts(Pipeline& pipeline) : pipeline_(pipeline) {}
  void finding(const model::Finding& each) override { pipeline_.finding(each); }
  void exposure(const model::Exposure& each) override { pipeline_.exposure(each); }
  void call(const model::CallEvent& event, const model::CallReading& reading) override {
    pipeline_.call(event, reading);
  }
  void fault(const model::FaultEvent& event, const model::FaultReading& reading) override {
    pipeline_.fault(event, reading);
  }
  void lost(const model::LostEvent& each) override { pipeline_.lost(each); }
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}

private:
  Pipeline& pipeline_;
};

/// What came of one file.
struct Outcome {
  Sight sight;
  int status = status_done;
};

/// Findings and what else is said.
struct Outputs {
  report::Writer& out;
  report::Writer& notes;
};

/// An error names its file, unless it does already.
util::Error in_file(const std::string& file, util::Error error) {
  if (error.what.find(file) == std::string::npos) error.what = file + ": " + error.what;
  return error;
}

Rules rules_of(const ReplayOptions& options) {
  return {.platform = options.platform.empty() ? nullptr : model::find_platform(options.platform),
          .page_size = options.page_size};
}

report::Start start_of(const ReplayOptions& options, const std::string& file,
                       const recording::Origin& origin, const Player& player) {
  report::Start::Replay replay{.file = file,
                               .host = origin.host,
                               .one_of_many = options.files.size() > 1,
                               .recorded_page_size = origin.page_size};
  if (player.platform() != nullptr) replay.platform = player.platform()->name;
  return {.version = version_text,
          .kernel = origin.kernel,
          .machine = origin.machine,
          .page_size = player.page_size(),
          .backend = origin.backend,
          .time = origin.began,
          .sees_32_bit = !origin.misses_32_bit_calls,
          .replay = replay};
}

report::Summary summary_of(const recording::Origin& origin, const Player& player,
                           const Pipeline& pipeline) {
  return {.totals = player.correlator().totals(),
          .tally = pipeline.tally(),
          .seconds = static_cast<double>(player.ended() - origin.began) / 1e9,
          .backend = origin.backend,
          .time = player.ended(),
          .hidden = pipeline.hidden(),
          .refused = player.refused(),
          .stacks = player.stacks(),
          .sees_32_bit = !origin.misses_32_bit_calls};
}

Outcome failure(const util::Error& error, report::Writer& notes, int status = status_bad_input) {
  notes.write(complaint(error));
  return {.sight = {}, .status = status};
}

/// The suppressions were good when the command began; a file that has changed since is told.
util::Result<std::unique_ptr<Outlets>> open_outlets(const ReplayOptions& options,
                                                    const recording::Origin& origin, Outputs to) {
  auto suppressions = suppressions_of(options.view);
  if (!suppressions) return suppressions.error();
  return Outlets::open(options.view, suppressions.take(), to.out, to.notes,
                       report::Clock{origin.clock_offset}, {});
}

Outcome replay_source(const ReplayOptions& options, const Selection& selection,
                      const std::string& file, recording::Source& source, Outputs to) {
  const recording::Origin& origin = source.origin();
  auto outlets = open_outlets(options, origin, to);
  if (!outlets) return failure(outlets.error(), to.notes, status_output_failed);
  report::Sink& sink = outlets.value()->sink();
  Pipeline pipeline(sink, options.view, nullptr);
  Verdicts verdicts(pipeline);
  Player player(source, verdicts, &pipeline.processes(), selection, rules_of(options),
                &outlets.value()->names());
  sink.start(start_of(options, file, origin, player));
  const auto played = player.play();
  sink.summary(summary_of(origin, player, pipeline));
  sink.flush();
  outlets.value()->tell_unused(to.notes);
  if (const auto error = outlets.value()->error())
    return failure(*error, to.notes, status_output_failed);
  if (!played) return failure(in_file(file, played.error()), to.notes);
  const std::string remark = remark_of(source, player, file);
  if (!remark.empty()) to.notes.write("mlockscope: warning: " + report::escape(remark) + "\n");
  return {.sight = {.worst = outlets.value()->worst(),
                    .lost = player.correlator().totals().lost,
                    .blindness = remark.empty() ? "" : "not all was recorded"},
          .status = status_done};
}

Outcome replay_file(const ReplayOptions& options, const Selection& selection,
                    const std::string& file, Outputs to) {
  auto source = open_source(options, file);
  if (!source) return failure(source.error(), to.notes);
  return replay_source(options, selection, file, *source.value(), to);
}

void add(Outcome& all, const Outcome& one) {
  all.sight.worst = std::max(all.sight.worst, one.sight.worst);
  all.sight.lost += one.sight.lost;
  if (all.sight.blindness.empty()) all.sight.blindness = one.sight.blindness;
  all.status = std::max(all.status, one.status);
}

/// Several at a time, and their outputs in the order of the files.
Outcome replay_files(const ReplayOptions& options, const Selection& selection, Outputs to) {
  const std::size_t count = options.files.size();
  std::vector<Outcome> outcomes(count);
  Spool outputs(count, to.out), remarks(count, to.notes);
  util::in_parallel(count, jobs_of(options), [&](std::size_t at) {
    const auto mine = outputs.begin(at), notes_of_mine = remarks.begin(at);
    if (mine && notes_of_mine)
      outcomes[at] = replay_file(options, selection, options.files[at],
                                 {*mine.value(), *notes_of_mine.value()});
    outputs.done(at);
    remarks.done(at);
  });
  Outcome all;
  for (const Outcome& each : outcomes) add(all, each);
  return all;
}

int print_platforms(const ReplayOptions& options) {
  auto out = open_output(options.view.output);
  if (out)
    for (const model::Platform& platform : model::platforms())
      out.value().write(report::rules_text(platform));
  if (out) out.value().flush();
  if (out && out.value().ok()) return status_done;
  complain(out ? out.value().error() : out.error());
  return status_output_failed;
}

/// Opened before the output: a file is not emptied for nothing, and never the recording itself.
int replay_into_output(const ReplayOptions& options, const Selection& selection) {
  std::unique_ptr<recording::Source> only;
  if (options.files.size() == 1) {
    auto source = open_source(options, options.files.front());
    if (!source) {
      complain(source.error());
      return status_bad_input;
    }
    only = source.take();
  }
  for (const std::string& file : options.files)
    for (const auto& written : {options.view.output, options.view.sarif, options.view.junit})
      if (same_file(file, written)) {
        complain({"cannot write to " + written, "it is what is to be read", ""});
        return status_usage;
      }
  auto out = open_output(options.view.output);
  auto notes = report::Writer::to_descriptor(STDERR_FILENO, "standard error");
  for (const util::Error* error : {out ? nullptr : &out.error(), notes ? nullptr : &notes.error()})
    if (error != nullptr) {
      complain(*error);
      return status_impossible;
    }
  const Outputs to{out.value(), notes.value()};
  const Outcome outcome = only ? replay_source(options, selection, options.files.front(), *only, to)
                               : replay_files(options, selection, to);
  out.value().flush();
  notes.value().flush();
  if (!out.value().ok()) {
    complain(out.value().error());
    return status_output_failed;
  }
  return outcome.status != status_done ? outcome.status : gate(options.gate, outcome.sight);
}

} // namespace

std::string remark_of(const recording::Source& source, const Player& player,
                      const std::string& file) {
  std::string remark = source.remark();
  if (remark.empty() && !player.whole())
    remark = file + ": ends before the tracing did: what came before that was judged";
  return remark;
}

util::Result<std::unique_ptr<recording::Source>> open_source(const ReplayOptions& options,
                                                             const std::string& file) {
  if (options.from == From::strace) {
    auto log = strace::Log::open(file, model::PageSize(options.log_page_size));
    if (!log) return log.error();
    return std::unique_ptr<recording::Source>(log.take());
  }
  auto reader = recording::Reader::open(file);
  if (!reader) {
    util::Error error = reader.error();
    if (error.hint.empty()) error.hint = "for a log of strace: --from strace";
    return error;
  }
  return std::unique_ptr<recording::Source>(std::make_unique<recording::Reader>(reader.take()));
}

int replay(const ReplayOptions& options) {
  if (options.platform == "list") return print_platforms(options);
  if (options.files.empty()) {
    complain({"replay: no file", "", "name a recording: mlockscope replay FILE"});
    return status_usage;
  }
  const auto selection = Selection::of(options.processes);
  if (!selection) {
    complain(selection.error());
    return status_usage;
  }
  if (const auto files = check_files(options.view, ""); !files) {
    complain(files.error());
    return status_usage;
  }
  if (const auto suppressions = suppressions_of(options.view); !suppressions) {
    complain(suppressions.error());
    return status_usage;
  }
  const bool reports = !options.view.sarif.empty() || !options.view.junit.empty();
  if (reports && (options.files.size() > 1 || options.matrix)) {
    complain({"--sarif and --junit are of one recording", "", "replay the files one by one"});
    return status_usage;
  }
  ::signal(SIGPIPE, SIG_IGN); // the writer tells
  if (options.matrix) return replay_matrix(options, selection.value());
  return replay_into_output(options, selection.value());
}

} // namespace mlockscope::cli
