// JUnit's XML, which CI services show as a list of tests. There is no standard; this keeps to what
// Jenkins' and GitLab's readers have in common.
#pragma once

#include "report/clock.hpp"
#include "report/results.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

namespace mlockscope::report {

/// Writes one test suite at summary(). A kind without a finding is a test that passed. Each group
/// of findings is a test that failed, named by its two places; a suppressed one is skipped. That
/// all events were seen is a test, too: lost ones are its error.
class JUnitSink final : public Sink {
public:
  /// `out` must outlive the sink.
  JUnitSink(Writer& out, Clock clock) : out_(out), clock_(clock) {}

  void start(const Start&) override;
  void finding(const model::Finding&, const Context&) override;
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {}
  void summary(const Summary&) override;
  void flush() override { out_.flush(); }

private:
  Writer& out_;
  Clock clock_;
  model::Time began_ = 0;
  Results results_;
};

} // namespace mlockscope::report
