// SARIF 2.1.0, for code-scanning services: one result a group of findings.
//
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub takes of it and its
// limits are in its documentation, "SARIF support for code scanning".
#pragma once

#include "report/clock.hpp"
#include "report/results.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace mlockscope::report {

/// Writes one file with one run, at summary(). There is no address of a process in it: equal runs
/// give equal results.
class SarifSink final : public Sink {
public:
  struct Options {
    Clock clock{};
    /// Source files below this folder are named relative to it, as %SRCROOT%; others by their
    /// whole path. Absolute; empty: none is.
    std::string source_root{};
  };

  /// `out` must outlive the sink.
  SarifSink(Writer& out, Options options) : out_(out), options_(std::move(options)) {}

  void start(const Start&) override;
  void finding(const model::Finding&, const Context&) override;
  void exposure(const model::Exposure&) override {}
  void call(const model::CallEvent&, const model::CallReading&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent&) override;
  void summary(const Summary&) override;
  void flush() override { out_.flush(); }

private:
  [[nodiscard]] nlohmann::ordered_json invocation(const Summary&) const;

  Writer& out_;
  Options options_;
  std::string version_;
  model::Time began_ = 0;
  Results results_;
  std::vector<model::LostEvent> lost_; ///< bounded
};

} // namespace mlockscope::report
