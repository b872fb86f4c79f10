// Which findings a user wants to see: --kind, --min-severity, --show-possible.
#pragma once

#include "model/finding.hpp"

#include <cstdint>
#include <set>
#include <unordered_set>

namespace mlockscope::report {

/// Stands before the sinks. An exposure is shown if the finding that opened it was.
class FindingFilter {
public:
  struct Wanted {
    std::set<model::Kind> kinds; ///< empty: all
    model::Severity min_severity = model::Severity::low;
    bool show_possible = false;
  };

  FindingFilter() = default;
  explicit FindingFilter(Wanted wanted) : wanted_(std::move(wanted)) {}

  [[nodiscard]] bool passes(const model::Finding& finding) {
    if (matches(finding)) return true;
    // `possible` ones are not counted: they are hidden from everybody who does not ask for them.
    // Nor do they open exposures.
    if (finding.confidence == model::Confidence::possible) return false;
    ++hidden_;
    if (model::opens_exposure(finding.kind)) hidden_open_.insert(key(finding.id));
    return false;
  }
  [[nodiscard]] bool passes(const model::Exposure& exposure) {
    return hidden_open_.erase(key(exposure.finding)) == 0;
  }
  /// How many findings were kept back.
  [[nodiscard]] std::uint64_t hidden() const { return hidden_; }

private:
  [[nodiscard]] static std::uint64_t key(model::FindingId id) {
    return static_cast<std::uint64_t>(id);
  }
  [[nodiscard]] bool matches(const model::Finding& finding) const {
    if (finding.confidence == model::Confidence::possible && !wanted_.show_possible) return false;
    if (finding.severity < wanted_.min_severity) return false;
    return wanted_.kinds.empty() || wanted_.kinds.contains(finding.kind);
  }

  Wanted wanted_;
  std::uint64_t hidden_ = 0;
  std::unordered_set<std::uint64_t> hidden_open_; ///< bounded by the exposures that are open
};

} // namespace mlockscope::report
