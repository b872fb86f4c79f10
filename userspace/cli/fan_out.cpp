#include "cli/fan_out.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::cli {

void FanOut::add(std::unique_ptr<report::Sink> sink, Suppressed suppressed) {
  outputs_.push_back({std::move(sink), suppressed});
}

void FanOut::start(const report::Start& start) {
  each(false, [&](report::Sink& sink) { sink.start(start); });
}

void FanOut::finding(const model::Finding& finding, const report::Context& given) {
  report::Context context = given;
  const auto* const entry = suppressions_.match(finding, context);
  if (entry != nullptr) context.suppressed_by = entry->label();
  groups_.assign(finding, context);
  if (entry == nullptr) {
    if (finding.confidence != model::Confidence::possible)
      worst_ = std::max(worst_.value_or(finding.severity), finding.severity);
    if (on_finding_) on_finding_(finding, context);
  } else {
    ++suppressed_;
    if (model::opens_exposure(finding.kind)) silent_.insert(finding.id);
  }
  each(entry != nullptr, [&](report::Sink& sink) { sink.finding(finding, context); });
}

void FanOut::exposure(const model::Exposure& exposure) {
  const bool silent = silent_.erase(exposure.finding) != 0;
  if (!silent && on_exposure_) on_exposure_(exposure);
  each(silent, [&](report::Sink& sink) { sink.exposure(exposure); });
}

void FanOut::call(const model::CallEvent& event, const model::CallReading& reading) {
  each(false, [&](report::Sink& sink) { sink.call(event, reading); });
}

void FanOut::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  each(false, [&](report::Sink& sink) { sink.fault(event, reading); });
}

void FanOut::lost(const model::LostEvent& event) {
  each(false, [&](report::Sink& sink) { sink.lost(event); });
}

void FanOut::summary(const report::Summary& given) {
  report::Summary summary = given;
  summary.groups = groups_.ranked();
  summary.suppressed = suppressed_;
  each(false, [&](report::Sink& sink) { sink.summary(summary); });
}

void FanOut::flush() {
  each(false, [](report::Sink& sink) { sink.flush(); });
}

} // namespace mlockscope::cli
