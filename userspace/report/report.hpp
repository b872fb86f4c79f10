// A few lines a finding, for a reader who has never heard of page rounding.
#pragma once

#include "report/clock.hpp"
#include "report/colour.hpp"
#include "report/repetition.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <optional>
#include <string>
#include <unordered_set>

namespace mlockscope::report {

class ReportSink final : public Sink {
public:
  struct Options {
    Clock clock;
    Colour colour = Colour::off;
    Every every = Every::no;
  };
  /// Findings, calls and the summary go to `out`; how it begins and what gets lost to `notes`.
  /// Both must outlive the sink.
  ReportSink(Writer& out, Writer& notes, Options options)
      : out_(out), notes_(notes), options_(options) {}

  void start(const Start&) override;
  void finding(const model::Finding&, const Context&) override;
  void exposure(const model::Exposure&) override;
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void lost(const model::LostEvent&) override;
  void summary(const Summary&) override;
  void flush() override { out_.flush(); }

private:
  [[nodiscard]] std::string heading(const model::Finding&) const;
  [[nodiscard]] std::string unlock_text(const model::Finding&) const;
  [[nodiscard]] std::string body(const model::Finding&) const;
  [[nodiscard]] std::string verdict_text(const model::Finding&) const;
  [[nodiscard]] std::string who_text(const model::Finding&, const model::ProcessInfo&) const;

  Writer& out_;
  Writer& notes_;
  Options options_;
  std::optional<model::PageSize> page_size_;    ///< from start()
  std::unordered_set<model::FindingId> folded_; ///< counted only, with an exposure that is open
};

} // namespace mlockscope::report
