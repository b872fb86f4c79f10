// The last station before the outputs: puts each finding into its group, looks whether it is
// suppressed, and gives it to everybody who wants it.
#pragma once

#include "report/groups.hpp"
#include "report/sink.hpp"
#include "report/suppressions.hpp"

#include <functional>
#include <memory>
#include <unordered_set>
#include <vector>

namespace mlockscope::cli {

class FanOut final : public report::Sink {
public:
  /// What a suppressed finding is to an output.
  enum class Suppressed : std::uint8_t { left_out, handed_on };
  using OnFinding = std::function<void(const model::Finding&, const report::Context&)>;

  explicit FanOut(report::Suppressions suppressions) : suppressions_(std::move(suppressions)) {}

  /// In the order in which they are to hear of things.
  void add(std::unique_ptr<report::Sink>, Suppressed);
  /// Told of every finding that is not suppressed, and of the end of its exposure.
  void on_finding(OnFinding listener) { on_finding_ = std::move(listener); }
  using OnExposure = std::function<void(const model::Exposure&)>;
  void on_exposure(OnExposure listener) { on_exposure_ = std::move(listener); }

  void start(const report::Start&) override;
  void finding(const model::Finding&, const report::Context&) override;
  void exposure(const model::Exposure&) override;
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void lost(const model::LostEvent&) override;
  void summary(const report::Summary&) override; ///< adds what it knows: groups, suppressed ones
  void flush() override;

  /// The worst finding that is not suppressed and more than `possible`.
  [[nodiscard]] std::optional<model::Severity> worst() const { return worst_; }
  /// Findings that an entry has fitted.
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_; }
  /// Entries of the user's that have fitted nothing.
  [[nodiscard]] std::vector<const report::Suppression*> unused() const {
    return suppressions_.unused();
  }

private:
  struct Output {
    std::unique_ptr<report::Sink> sink;
    Suppressed suppressed{};
  };
  template <class Do> void each(bool suppressed, Do&& act) const {
    for (const Output& output : outputs_)
      if (!suppressed || output.suppressed == Suppressed::handed_on) act(*output.sink);
  }

  std::vector<Output> outputs_;
  report::Suppressions suppressions_;
  report::Groups groups_;
  OnFinding on_finding_;
  OnExposure on_exposure_;
  std::unordered_set<model::FindingId> silent_; ///< suppressed, with an exposure that is open
  std::uint64_t suppressed_ = 0;
  std::optional<model::Severity> worst_;
};

} // namespace mlockscope::cli
