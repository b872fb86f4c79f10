// Sums over a whole run that the summary shows and the model does not keep.
#pragma once

#include "model/finding.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mlockscope::report {

/// The exposures of one address space.
struct ProcessExposure {
  std::uint32_t pid = 0;
  model::Comm comm;
  std::uint64_t exposures = 0;
  std::uint64_t open = 0;  ///< of these, not closed when tracing ended
  std::uint64_t bytes = 0; ///< in all
  model::Time longest = 0; ///< nanoseconds
  double byte_seconds = 0; ///< by which the worst is found
};

/// The page faults of one address space on pages that are locked or should be.
struct ProcessFaults {
  std::uint32_t pid = 0;
  model::Comm comm;
  model::FaultCounts locked;
  model::FaultCounts exposed;

  [[nodiscard]] std::uint64_t total() const {
    return locked.minor + locked.major + exposed.minor + exposed.major;
  }
};

/// Is told every finding, exposure and fault, also those a filter keeps from the sinks.
class Tally {
public:
  /// Address spaces kept apart; what more there are is only counted.
  static constexpr std::size_t bound = 4096;

  void finding(const model::Finding&);
  void exposure(const model::Exposure&);
  void fault(const model::FaultEvent&, const model::FaultReading&);

  using Severities = std::map<model::Severity, std::uint64_t, std::greater<>>;

  /// Findings by severity, the worst first, without `possible` ones.
  [[nodiscard]] const Severities& severities() const { return severities_; }
  /// Those with most byte-seconds first.
  [[nodiscard]] std::vector<ProcessExposure> worst() const;
  /// Exposures of address spaces beyond the bound.
  [[nodiscard]] std::uint64_t others() const { return others_; }
  /// Those with most faults first.
  [[nodiscard]] std::vector<ProcessFaults> busiest() const;
  /// Faults of address spaces beyond the bound.
  [[nodiscard]] std::uint64_t other_faults() const { return other_faults_; }

private:
  Severities severities_;
  std::map<model::SpaceId, ProcessExposure> processes_;
  std::map<model::SpaceId, ProcessFaults> faults_;
  std::uint64_t others_ = 0;
  std::uint64_t other_faults_ = 0;
};

} // namespace mlockscope::report
