// --gen-suppressions: an entry for each place that is shown, ready for a file of suppressions.
#pragma once

#include "report/sink.hpp"
#include "report/suppressions.hpp"
#include "report/writer.hpp"

namespace mlockscope::cli {

class SuppressionWriter final : public report::Sink {
public:
  explicit SuppressionWriter(report::Writer& out) : out_(out) {}

  void start(const report::Start&) override {}
  void finding(const model::Finding& finding, const report::Context& context) override {
    if (context.nth > 1) return;
    out_.write(report::suppression_for(finding, context));
    out_.flush();
  }
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override {}
  void summary(const report::Summary&) override {}
  void flush() override {}

private:
  report::Writer& out_;
};

} // namespace mlockscope::cli
