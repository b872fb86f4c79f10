// A sink that remembers what it hears, and findings to give it.
#pragma once

#include "report/sink.hpp"

#include <string>
#include <vector>

namespace mlockscope::cli {

class Listening final : public report::Sink {
public:
  struct Heard {
    model::Finding finding;
    report::Context context;
  };
  void start(const report::Start&) override { order += "start "; }
  void finding(const model::Finding& finding, const report::Context& context) override {
    findings.push_back({finding, context});
    order += "finding" + std::to_string(static_cast<std::uint64_t>(finding.id)) + " ";
  }
  void exposure(const model::Exposure& exposure) override {
    order += "exposure" + std::to_string(static_cast<std::uint64_t>(exposure.finding)) + " ";
  }
  void call(const model::CallEvent&, const model::CallReading&) override { order += "call "; }
  void fault(const model::FaultEvent&, const model::FaultReading&) override { order += "fault "; }
  void lost(const model::LostEvent&) override { order += "lost "; }
  void summary(const report::Summary& given) override {
    order += "summary ";
    sums = given;
  }
  void flush() override {}

  std::vector<Heard> findings;
  std::string order; ///< of what was heard, a word each
  report::Summary sums;
};

/// A spill by the stack `call` of bytes that the stack `victim` had locked; 0: none.
inline model::Finding spill(std::uint64_t id, std::uint64_t call, std::uint64_t victim) {
  model::Finding finding;
  finding.id = model::FindingId{id};
  finding.kind = model::Kind::spill;
  finding.severity = model::Severity::high;
  finding.confidence = model::Confidence::verified;
  finding.call.call = model::Call::munlock;
  finding.call.time = 1000 * id;
  finding.call.stack = model::StackId{call};
  finding.victim.emplace();
  finding.victim->stack = model::StackId{victim};
  finding.exposed_bytes = 32;
  return finding;
}

inline model::Stack place(const char* function) {
  model::Frame frame;
  frame.addr = 0x1000;
  frame.symbol = function;
  frame.offset = 7;
  frame.module = "/usr/bin/demo";
  return {frame};
}

} // namespace mlockscope::cli
