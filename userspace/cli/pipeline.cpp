#include "cli/pipeline.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::cli {
namespace {

report::FindingFilter::Wanted wanted_of(const ViewOptions& options) {
  return {
      {options.kinds.begin(), options.kinds.end()}, options.min_severity, options.show_possible};
}

} // namespace

Pipeline::Pipeline(report::Sink& sink, const ViewOptions& options, metrics::Recorder* recorder)
    : sink_(sink), recorder_(recorder), filter_(wanted_of(options)), calls_(options.calls) {}

void Pipeline::finding(const model::Finding& finding) {
  if (finding.confidence != model::Confidence::possible) tally_.finding(finding);
  const model::ProcessInfo& process = processes_.of(finding.space);
  if (filter_.passes(finding))
    sink_.finding(finding, {.process = process});
  else if (recorder_ != nullptr)
    recorder_->finding(finding, process);
}

void Pipeline::exposure(const model::Exposure& exposure) {
  tally_.exposure(exposure);
  if (filter_.passes(exposure))
    sink_.exposure(exposure);
  else if (recorder_ != nullptr)
    recorder_->exposure(exposure);
}

void Pipeline::call(const model::CallEvent& event, const model::CallReading& reading) {
  if (recorder_ != nullptr) recorder_->call(event, reading);
  if (calls_) sink_.call(event, reading);
}

void Pipeline::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  tally_.fault(event, reading);
  if (calls_) sink_.fault(event, reading);
}

void Pipeline::exposing(model::SpaceId space, std::uint32_t pid, bool on) {
  exposing_.push_back({space, pid, on});
}

void Pipeline::lost(const model::LostEvent& event) { sink_.lost(event); }

void Pipeline::snapshot_wanted(model::SpaceId space, std::uint32_t pid) { wanted_[space] = pid; }

void Pipeline::forget(model::SpaceId space) {
  processes_.forget(space);
  wanted_.erase(space);
}

std::unordered_map<model::SpaceId, std::uint32_t> Pipeline::take_wanted() {
  return std::exchange(wanted_, {});
}

} // namespace mlockscope::cli
