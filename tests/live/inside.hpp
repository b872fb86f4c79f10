// A tracer inside the test, so that a test can stop the world and compare the model with /proc.
#pragma once

#include "capture/tracer.hpp"
#include "cli/session.hpp"
#include "report/sink.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace mlockscope::live {

/// Remembers what it is told.
class Notes final : public report::Sink {
public:
  void start(const report::Start&) override {}
  void finding(const model::Finding& finding, const report::Context&) override {
    findings.push_back(finding);
  }
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {}
  void summary(const report::Summary&) override {}
  void flush() override {}

  std::vector<model::Finding> findings;
  std::map<std::uint32_t, model::SpaceId> space_of; ///< by pid, of its last call
  std::deque<std::string> recent;                   ///< the last calls, in words
};

class Inside {
public:
  /// Traces what the filters select; with `adopt`, takes in what is locked already.
  explicit Inside(const capture::Filters&, std::size_t ring_bytes = 8u << 20, bool adopt = false);

  /// Handles all records that wait.
  void turn();
  /// Where the model and /proc/PID/smaps disagree, in words; empty if nowhere. The process must
  /// stand still. The last calls follow.
  [[nodiscard]] std::string difference(std::uint32_t pid) const;
  void finish();

  [[nodiscard]] const model::Totals& totals() const { return session_->correlator().totals(); }
  [[nodiscard]] const Notes& notes() const { return notes_; }

private:
  [[nodiscard]] std::vector<model::PageRange> locked(std::uint32_t pid) const;

  Notes notes_;
  model::PageSize page_;
  cli::ViewOptions options_;
  std::unique_ptr<cli::Pipeline> pipeline_;
  std::unique_ptr<capture::Tracer> tracer_;
  std::unique_ptr<cli::Session> session_;
};

} // namespace mlockscope::live
