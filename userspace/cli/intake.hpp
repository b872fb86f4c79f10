// The one door to the correlator: what goes through it is written down first, if there is a
// recording, in the order in which it is judged. So a replay comes to the same verdicts.
#pragma once

#include "cli/namer.hpp"
#include "cli/process_book.hpp"
#include "model/correlator.hpp"
#include "recording/writer.hpp"

namespace mlockscope::cli {

/// Who keeps what passes, besides the correlator; null: nobody asked for it.
struct Keepers {
  recording::Writer* recording = nullptr;
  CodeLists* code = nullptr;
  Namer* namer = nullptr;
};

class Intake {
public:
  /// All outlive it.
  Intake(model::Correlator& correlator, ProcessBook& processes, const Keepers& keepers)
      : correlator_(correlator), processes_(processes), recording_(keepers.recording),
        code_(keepers.code), namer_(keepers.namer) {}

  void handle(const model::Event&);
  void handle(const model::CallEvent&); ///< the one that comes in millions
  /// A user stack, before the first call that names it. It may have been told before.
  void stack(const model::UserStack&);
  /// A mapping of code, before the first stack that needs it.
  void code(const decode::Code&);
  /// Stacks that the probes take for known, and that are not; as the probes number them.
  [[nodiscard]] std::vector<model::StackId> forgotten() {
    return namer_ == nullptr ? std::vector<model::StackId>() : namer_->take_forgotten();
  }
  [[nodiscard]] std::uint64_t stacks_unnamed() const {
    return namer_ == nullptr ? 0 : namer_->unnamed();
  }
  [[nodiscard]] std::uint64_t calls_forgotten() const {
    return namer_ == nullptr ? 0 : namer_->forgotten();
  }
  /// The number of a stack, as findings have it.
  [[nodiscard]] model::StackId number(model::StackId told) const {
    return namer_ == nullptr ? told : namer_->number(told);
  }
  void finish(model::Time, const model::StackCounts&);

  /// Who an address space belongs to, as a probe says it.
  void born(const decode::Birth&);
  /// The same, from /proc, unless it is known. True if this address space is new to the recording:
  /// its mappings are worth a list of the kernel's.
  bool see(model::SpaceId, std::uint32_t pid);

  /// Between two turns: names that have come, code that has changed, and what has waited long
  /// enough for the disk. True if entries of the recording were dropped before: every address space
  /// needs a new list, so that a replay can go on from it.
  bool tend(model::Time now);

private:
  void tell_process(model::SpaceId, std::uint32_t pid);
  void resume(model::Time now);

  model::Correlator& correlator_;
  ProcessBook& processes_;
  recording::Writer* recording_;
  CodeLists* code_;
  Namer* namer_;
};

} // namespace mlockscope::cli
