// What the sinks for CI services write at the end of a run.
#pragma once

#include "places.hpp"
#include "report/groups.hpp"
#include "report/junit.hpp"
#include "report/sarif.hpp"

#include <concepts>
#include <string>

namespace ci_outputs {

using namespace mlockscope;

/// The context of the sample as the pipeline would give it.
inline report::Context grouped(const model::Finding& finding,
                               report::Context context = places::context()) {
  context.group = report::group_of(finding, context);
  return context;
}

inline report::SarifSink::Options sarif_options() {
  return {.clock = samples::clock, .source_root = "/src"};
}

/// Gives the sink a run whose findings `write` tells, and what came out.
template <class TheSink, class Options, std::invocable<report::Sink&> Write>
std::string run_of(Options options, Write write, const report::Summary& summary) {
  samples::Captured captured;
  TheSink sink(captured.writer(), options);
  sink.start(samples::start());
  write(sink);
  sink.summary(summary);
  std::string text;
  // The pipe holds 1 MiB.
  sink.flush();
  text += captured.take();
  return text;
}

template <std::invocable<report::Sink&> Write>
std::string sarif(Write write, const report::Summary& summary = samples::summary()) {
  return run_of<report::SarifSink>(sarif_options(), write, summary);
}

template <std::invocable<report::Sink&> Write>
std::string junit(Write write, const report::Summary& summary = samples::summary()) {
  return run_of<report::JUnitSink>(samples::clock, write, summary);
}

/// One finding of each kind, one of them suppressed, one without stacks.
inline void all_kinds(report::Sink& sink) {
  std::uint64_t id = 0;
  for (const model::Kind kind : model::kinds) {
    model::Finding finding =
        kind == model::Kind::lock_failed ? samples::lock_failed() : samples::spill();
    finding.kind = kind;
    finding.id = model::FindingId{++id};
    report::Context context = grouped(finding);
    if (kind == model::Kind::stacked) context.suppressed_by = "known";
    if (kind == model::Kind::fork) context = {.process = samples::process()};
    sink.finding(finding, context);
  }
}

} // namespace ci_outputs
