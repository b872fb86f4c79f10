// The one door to the correlator: what goes through it is written down first, if there is a
// recording, in the order in which it is judged. So a replay comes to the same verdicts.
#pragma once

#include "cli/process_book.hpp"
#include "model/correlator.hpp"
#include "model/user_stack.hpp"
#include "recording/writer.hpp"

#include <functional>
#include <unordered_map>
#include <utility>

namespace mlockscope::cli {

class Intake {
public:
  using StackListener = std::function<void(const model::UserStack&)>;

  /// `recording` may be null. The correlator, the book and the recording outlive it.
  Intake(model::Correlator& correlator, ProcessBook& processes, recording::Writer* recording)
      : correlator_(correlator), processes_(processes), recording_(recording) {}

  void handle(const model::Event&);
  void handle(const model::CallEvent&); ///< the one that comes in millions
  void finish(model::Time);

  /// Who an address space belongs to, as a probe says it.
  void born(const decode::Birth&);
  /// The same, from /proc, unless it is known. True if this address space is new to the recording:
  /// its mappings are worth a list of the kernel's.
  bool see(model::SpaceId, std::uint32_t pid);

  /// A user stack, possibly told before: it goes to who asked for stacks, if anybody did.
  void stack(const model::UserStack&) const;
  void tell_stacks_to(StackListener listener) { stack_listener_ = std::move(listener); }

  /// Between two turns: writes to the disk what has waited long enough. True if entries were
  /// dropped before: every address space needs a new list, so that a replay can go on from it.
  bool tend(model::Time now);

private:
  void tell_process(model::SpaceId, std::uint32_t pid);
  void tell_code(model::SpaceId, std::uint32_t pid, model::Time now);
  void note_mapping(const model::CallEvent&);
  void resume(model::Time now);

  model::Correlator& correlator_;
  ProcessBook& processes_;
  recording::Writer* recording_;
  procfs::Proc proc_;
  StackListener stack_listener_;
  /// Address spaces with mappings that came after their code was last listed, with their pids.
  std::unordered_map<model::SpaceId, std::uint32_t> stale_code_;
  model::Time code_due_ = 0;
};

} // namespace mlockscope::cli
