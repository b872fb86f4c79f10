// Live tracing: the probes' records through the correlator, and the answers it asks for.
#pragma once

#include "capture/tracer.hpp"
#include "cli/intake.hpp"
#include "cli/pipeline.hpp"
#include "cli/swap_watch.hpp"
#include "model/correlator.hpp"
#include "model/kernel_order.hpp"

#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace mlockscope::cli {

/// CLOCK_MONOTONIC now, as the probes have it.
[[nodiscard]] model::Time monotonic_now();

class Session {
public:
  Session(capture::Tracer&, Pipeline&, model::PageSize, model::Limits = {}, const Keepers& = {});

  /// Takes in what is locked already. Before anything else.
  [[nodiscard]] util::Status adopt();
  /// Handles everything that waits, and what is due. Returns the number of records.
  std::size_t turn(capture::Pause next);
  /// How long the reader may sleep before turn() has something to do by itself; nothing: for ever.
  [[nodiscard]] std::optional<model::Time> next_due() const;
  /// After the probes are muted: the rest of the records, and the end. Returns when that was.
  model::Time finish();

  [[nodiscard]] const model::Correlator& correlator() const { return correlator_; }
  [[nodiscard]] model::StackCounts stacks() const;

private:
  void take(capture::Tracer::Record);
  void hand_on(const model::Event&);
  void take_call(const model::CallEvent&);
  void note_new(model::SpaceId, std::uint32_t pid);
  void place_snapshot(model::SpaceId);
  [[nodiscard]] bool is_due(const model::SnapshotEvent&) const;
  void note_requests();
  void read_snapshots();
  bool read_snapshot(model::SpaceId, std::optional<std::uint32_t> pid);
  void take_traffic(const decode::SwapTraffic&);
  void note_exposing();
  void watch_faults_if_locked();
  std::size_t look_for_swap();
  void hand_over(std::vector<model::SwapEvent>);
  void give_seen(model::SpaceId, model::Time until);
  void mark_idle();
  void tend_intake();
  void report_lost();
  void look_for_silent_loss();
  void end_the_dead();
  void end(const model::EndEvent&);

  /// A snapshot that was asked for. They are read again, later and later, until one falls between
  /// two calls.
  struct Request {
    std::uint32_t pid = 0;
    model::Time due = 0;
    model::Time delay = 0;
  };

  capture::Tracer& tracer_;
  Pipeline& pipeline_;
  model::PageSize page_;
  model::Correlator correlator_;
  Intake intake_; ///< all that the correlator is told
  /// What comes from the ring goes through it to hand_on(), and what has to keep its place among
  /// that.
  model::KernelOrder order_;
  bool recording_;
  SwapWatch swap_;
  std::vector<model::SwapEvent> seen_; ///< in swap, and not yet handed over
  std::function<void(capture::Tracer::Record)> receiver_;
  std::unordered_map<model::SpaceId, Request> requests_;
  std::unordered_map<model::SpaceId, model::SnapshotEvent> waiting_; ///< read, not yet placed
  std::unordered_set<model::SpaceId> answered_; ///< placed since requests were last noted
  std::unordered_set<model::SpaceId> maybe_idle_;
  bool faults_watched_ = false;
  model::Time idle_due_ = 0;
  std::uint64_t refused_ = 0, lifetimes_lost_ = 0, faults_lost_ = 0; ///< of Counters, already told
};

} // namespace mlockscope::cli
