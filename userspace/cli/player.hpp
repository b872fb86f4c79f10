// A recording or a log, judged again: its entries through the same correlator, into the same
// pipeline, as if they came from the probes now.
#pragma once

#include "cli/process_book.hpp"
#include "cli/selection.hpp"
#include "cli/stack_names.hpp"
#include "model/correlator.hpp"
#include "model/what_if.hpp"
#include "recording/source.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <unordered_set>

namespace mlockscope::cli {

/// By which rules; what is not set is as recorded.
struct Rules {
  const model::Platform* platform = nullptr;
  std::optional<std::uint64_t> page_size; ///< bytes
};

class Player {
public:
  /// `out` gets the verdicts; `processes` whose they are and `names` where they were made, which
  /// may both be null. All outlive it.
  Player(recording::Source&, model::Output& out, ProcessBook* processes, const Selection&,
         const Rules&, StackNames* names = nullptr);

  /// Judges everything, to the end of the source or to what is wrong in it. What came before that
  /// has been judged, whatever it returns.
  [[nodiscard]] util::Status play();

  [[nodiscard]] const model::Correlator& correlator() const { return correlator_; }
  /// When the tracing ended, or the last thing that is known of it happened.
  [[nodiscard]] model::Time ended() const { return last_; }
  /// The recording has its end: the tracer was not killed, and the disk was not full.
  [[nodiscard]] bool whole() const { return whole_; }
  /// The page size by which it is judged.
  [[nodiscard]] model::PageSize page_size() const;
  /// The platform by whose rules it is judged; null: as recorded.
  [[nodiscard]] const model::Platform* platform() const { return platform_; }
  [[nodiscard]] model::WhatIf::Refused refused() const;
  [[nodiscard]] const model::StackCounts& stacks() const { return stacks_; }

private:
  void take(const recording::Entry&);
  void take(const model::Event&);
  void take(const recording::Gap&);
  void take_stack(const recording::Entry&);
  void translate_and_judge(const model::Event&);
  void judge(const model::Event&);

  recording::Source& source_;
  ProcessBook* processes_;
  StackNames* names_;
  const Selection& selection_;
  Selection::Memory selected_;
  model::PageSize recorded_, wanted_;
  const model::Platform* platform_;
  std::optional<model::WhatIf> what_if_;
  model::Correlator correlator_;
  std::unordered_set<model::SpaceId> alive_; ///< all that was heard of and has not ended
  model::Time last_ = 0;
  model::StackCounts stacks_;
  bool finished_ = false;
  bool whole_ = false;
};

} // namespace mlockscope::cli
