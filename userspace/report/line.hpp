// One line a finding, like the tools of bcc: for watching a whole system.
#pragma once

#include "report/clock.hpp"
#include "report/colour.hpp"
#include "report/repetition.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <string>
#include <string_view>

namespace mlockscope::report {

class LineSink final : public Sink {
public:
  struct Options {
    Clock clock;
    bool timestamps = false;
    Colour colour = Colour::off;
    Every every = Every::no;
  };
  /// Findings, calls and the summary go to `out`; how it begins and what gets lost to `notes`.
  /// Both must outlive the sink.
  LineSink(Writer& out, Writer& notes, Options options)
      : out_(out), notes_(notes), options_(options) {}

  void start(const Start&) override;
  void finding(const model::Finding&, const Context&) override;
  void exposure(const model::Exposure&) override {
  } // its finding has been shown; the summary adds up
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void lost(const model::LostEvent&) override;
  void summary(const Summary&) override;
  void flush() override { out_.flush(); }

private:
  [[nodiscard]] std::string row(model::Time, const model::Caller&, std::string_view first,
                                std::string second, std::string_view address,
                                std::string_view rest) const;

  Writer& out_;
  Writer& notes_;
  Options options_;
};

} // namespace mlockscope::report
