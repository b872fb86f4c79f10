// Adds up what the metrics show. Belongs to the thread that runs the correlator: it is told what
// comes out of it, and gives a Snapshot when somebody asks. Its memory is bounded.
#pragma once

#include "metrics/names.hpp"
#include "metrics/ring_peak.hpp"
#include "metrics/snapshot.hpp"
#include "model/correlator.hpp"
#include "report/clock.hpp"
#include "report/sink.hpp"

#include <functional>

namespace mlockscope::metrics {

/// Labels that a name may have besides `comm`.
enum class NameLabel : std::uint8_t { container, pod, unit };

[[nodiscard]] std::string_view word(NameLabel);

class Recorder {
public:
  static constexpr std::size_t default_names = 100;
  struct Options {
    /// Asked anew for each thing that happens: over the months the system's clock is set, and
    /// stands still for CLOCK_MONOTONIC while the machine sleeps.
    std::function<report::Clock()> clock = report::Clock::of_this_system;
    std::size_t names = default_names; ///< with series of their own
    std::vector<NameLabel> labels;
  };
  explicit Recorder(Options);

  void call(const model::CallEvent&, const model::CallReading&);
  void finding(const model::Finding&, const model::ProcessInfo&);
  void exposure(const model::Exposure&);
  /// How much of the ring the reader found used.
  void ring(std::uint64_t used, model::Time now) { ring_peak_.note(used, now); }

  /// What there is to show while the probes are being attached.
  [[nodiscard]] Snapshot before_tracing(model::Time now) const;
  using ProcessOf = std::function<const model::ProcessInfo&(model::SpaceId)>;
  /// `now`: no event that was handed over is later. Takes some 100 ns for each address space.
  [[nodiscard]] Snapshot take(const model::Correlator&, const ProcessOf&, Health, model::Time now);

private:
  using Holdings = std::unordered_map<std::string, NameHoldings>;

  /// What a name is known by here: the values of its labels, each ended by a NUL.
  void append_key(std::string&, const model::Comm&, const model::ProcessInfo&) const;
  [[nodiscard]] std::vector<std::string> labels_of(const std::string& key) const;
  Names::Place note(const std::string& key, double amount, model::Time now);
  [[nodiscard]] Holdings gather(const model::Correlator&, const ProcessOf&,
                                std::uint64_t& incomplete) const;
  void note_live(const Holdings&, model::Time now);
  [[nodiscard]] Snapshot sums(model::Time now) const;
  void note_resynchronisation(model::Time);
  void fill_names(Snapshot&, const Holdings&) const;

  Options options_;
  Names names_;
  std::vector<NameCounts> counts_; ///< by place
  std::array<CallSums, calls_known> calls_;
  std::array<Durations, ways_to_close> durations_;
  std::array<WallTime, verdicts.size()> last_finding_{};
  std::pair<model::Time, WallTime> last_resynchronisation_;
  std::deque<RecentFinding> recent_;
  RingPeak ring_peak_;
};

} // namespace mlockscope::metrics
