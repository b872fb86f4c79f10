// NDJSON: one object a line, for programs. The names of its fields are promises.
#pragma once

#include "report/clock.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mlockscope::report {

class JsonSink final : public Sink {
public:
  /// `out` must outlive the sink.
  JsonSink(Writer& out, Clock clock) : out_(out), clock_(clock) {}

  void start(const Start&) override;
  void finding(const model::Finding&, const Context&) override;
  void exposure(const model::Exposure&) override;
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void lost(const model::LostEvent&) override;
  void summary(const Summary&) override;
  void flush() override { out_.flush(); }

private:
  void name_recording(nlohmann::ordered_json&) const;

  Writer& out_;
  Clock clock_;
  std::optional<model::PageSize> page_size_; ///< from start()
  std::optional<std::string> recording_;     ///< the same: the file, if there are others beside it
  std::string line_;                         ///< reused by call() and fault()
};

} // namespace mlockscope::report
