// Events in, verdicts out. A value machine: no I/O, no clock, no threads; the same events give the
// same verdicts, so every verdict can be tested, fuzzed and replayed.
#pragma once

#include "model/finding.hpp"

#include <functional>
#include <memory>

namespace mlockscope::model {

/// Where verdicts go. All calls come from inside Correlator::handle() or finish().
class Output {
public:
  virtual ~Output() = default;
  virtual void finding(const Finding&) = 0;
  virtual void exposure(const Exposure&) = 0;
  virtual void call(const CallEvent&, const CallReading&) = 0;
  /// A fault on a locked or exposed page; others are not given out.
  virtual void fault(const FaultEvent&, const FaultReading&) = 0;
  virtual void lost(const LostEvent&) = 0;
  /// The model of this address space has a gap that only the kernel's own list can fill. Answered
  /// by a SnapshotEvent some time later; asked again until one fits.
  virtual void snapshot_wanted(SpaceId, std::uint32_t pid) = 0;
  /// The first exposure of an address space has opened, or its last one has closed.
  virtual void exposing(SpaceId, std::uint32_t pid, bool) = 0;
};

struct Limits {
  Time fork_grace = 100'000'000;           ///< how long a child may have a copy of claimed bytes
  std::size_t claims_per_space = 1u << 21; ///< live claims of one address space
  std::size_t claims = 1u << 22;           ///< live claims in all
  std::size_t findings_per_call = 1024;    ///< findings of one munlock
};

class Correlator {
public:
  Correlator(PageSize, Output&, Limits = {});
  ~Correlator();
  Correlator(Correlator&&) noexcept;
  Correlator& operator=(Correlator&&) = delete;

  void handle(const Event&);
  /// The same as handle() for the one event that comes in millions.
  void handle(const CallEvent&);
  /// Tracing ends: held-back findings are given, open exposures are closed as `open`.
  void finish(Time);

  [[nodiscard]] const Totals& totals() const;
  /// The pages the model holds locked, ascending and merged; nothing for an unknown address space.
  /// After mlockall this includes unmapped addresses, which nothing can tell apart from locked
  /// ones.
  [[nodiscard]] std::vector<PageRange> locked_pages(SpaceId) const;
  /// True if the address space is known, nothing in it is locked, claimed, exposed or to come under
  /// MCL_FUTURE, and it has no copies that wait for a verdict: calls that only move mappings cannot
  /// matter to it now.
  [[nodiscard]] bool idle(SpaceId) const;
  /// Number of calls of this address space handled or known to be lost.
  [[nodiscard]] std::uint64_t calls_seen(SpaceId) const;
  /// The pages of its open exposures that have not been seen in swap yet, ascending and merged.
  [[nodiscard]] std::vector<PageRange> exposed_pages(SpaceId) const;
  /// When the grace time of the next child is over; the end of time if none waits.
  [[nodiscard]] Time next_deadline() const;
  /// Children with copies of claimed bytes wait for the end of their grace time.
  [[nodiscard]] bool forks_pending() const;
  /// Takes one look at each live address space, in no order. About 50 ns each.
  void visit_holdings(const std::function<void(const Holdings&)>& take) const;
  /// Live address spaces with the pid last seen in each, for tests and self-checks.
  [[nodiscard]] std::vector<std::pair<SpaceId, std::uint32_t>> address_spaces() const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mlockscope::model
