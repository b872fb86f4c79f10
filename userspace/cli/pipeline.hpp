// correlator -> filter of findings -> sink.
#pragma once

#include "cli/options.hpp"
#include "cli/process_book.hpp"
#include "metrics/recorder.hpp"
#include "model/correlator.hpp"
#include "report/finding_filter.hpp"
#include "report/sink.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

namespace mlockscope::cli {

/// Receives the verdicts and hands on what the user wants to see.
class Pipeline final : public model::Output {
public:
  /// `recorder` may be null: nobody asked for metrics. It is told of findings that the user does
  /// not want to see; of others, whoever knows if they are suppressed.
  Pipeline(report::Sink& sink, const ViewOptions&, metrics::Recorder* recorder);

  void finding(const model::Finding&) override;
  void exposure(const model::Exposure&) override;
  void call(const model::CallEvent&, const model::CallReading&) override;
  void lost(const model::LostEvent&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void snapshot_wanted(model::SpaceId, std::uint32_t pid) override;
  void exposing(model::SpaceId, std::uint32_t pid, bool) override;

  [[nodiscard]] ProcessBook& processes() { return processes_; }
  /// An address space has ended.
  void forget(model::SpaceId);
  /// Snapshots asked for since the last time this was asked.
  [[nodiscard]] std::unordered_map<model::SpaceId, std::uint32_t> take_wanted();
  /// An address space that has begun to have open exposures, or has none any more.
  struct Exposing {
    model::SpaceId space{};
    std::uint32_t pid = 0;
    bool on = false;
  };
  [[nodiscard]] std::vector<Exposing> take_exposing() { return std::exchange(exposing_, {}); }
  [[nodiscard]] const report::Tally& tally() const { return tally_; }
  [[nodiscard]] std::uint64_t hidden() const { return filter_.hidden(); }

private:
  report::Sink& sink_;
  metrics::Recorder* recorder_;
  report::FindingFilter filter_;
  report::Tally tally_;
  ProcessBook processes_;
  std::unordered_map<model::SpaceId, std::uint32_t> wanted_;
  std::vector<Exposing> exposing_;
  bool calls_;
};

} // namespace mlockscope::cli
