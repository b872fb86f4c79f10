// Names for the stacks that the probes see: numbers them, has them resolved off the event path, and
// writes down what was decided, so that a replay says the same.
#pragma once

#include "cli/code_lists.hpp"
#include "cli/stack_names.hpp"
#include "recording/writer.hpp"
#include "symbols/resolver.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

namespace mlockscope::cli {

class Namer {
public:
  /// When a stack is resolved.
  enum class When : std::uint8_t {
    seen,   ///< at once, so that nothing is missing however soon its program ends
    wanted, ///< when a finding names it: what a host's many locks cost then is bounded
  };
  /// All outlive it; the recording may be null.
  Namer(symbols::Resolver&, StackNames&, CodeLists&, recording::Writer*, When);

  /// As the probes tell it, before the first call that names it.
  void seen(const model::UserStack&, model::Time now);
  /// The number that findings have, for that of the probes; `none` if it is not known any more.
  [[nodiscard]] model::StackId number(model::StackId told);
  /// Calls whose stack was forgotten.
  [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
  /// The stacks that number() did not know, as the probes have them; each once.
  [[nodiscard]] std::vector<model::StackId> take_forgotten();

  /// A finding waits for it.
  void want(model::StackId);
  /// It will not wait any longer.
  void give_up(model::StackId stack) { decide(stack, {}); }
  void forget(model::SpaceId);

  /// Readable when collect() has something to do.
  [[nodiscard]] int fd() const { return resolver_.fd(); }
  void collect();
  /// Waits for what is under way.
  void finish(std::chrono::milliseconds patience);
  /// What has no names by now stays without.
  void give_up_rest();
  /// Stacks without a name: nothing was found, or it took too long.
  [[nodiscard]] std::uint64_t unnamed() const { return unnamed_; }
  /// Why there are no names any more; told once.
  [[nodiscard]] std::optional<util::Error> trouble();
  /// What is known goes into the recording again, after a gap in it.
  void record_again();

private:
  struct Waiting {
    model::UserStack stack; ///< with the copy, until there are too many
    symbols::CodeKey code;
  };
  static constexpr std::size_t most_copies = 512; ///< of 16 KiB
  static constexpr std::size_t most_copies_seen = 4096;
  static constexpr std::size_t most_under_way = 1024; ///< less than the resolver takes
  static constexpr std::size_t most_ended = 256;      ///< address spaces whose code is still known

  void submit(Waiting);
  void submit_backlog();
  void keep(Waiting);
  void note_copy(model::StackId);
  void seen_again(model::StackId, const model::UserStack&);
  void decide(model::StackId, model::Stack);
  void take(std::vector<symbols::Answer>);
  void record_seen(const model::UserStack&);

  symbols::Resolver& resolver_;
  StackNames& names_;
  CodeLists& code_;
  recording::Writer* recording_;
  When when_;
  std::uint64_t last_ = 0;                                     ///< number given out
  std::unordered_map<model::StackId, model::StackId> numbers_; ///< by that of the probes
  std::deque<model::StackId> told_;                            ///< of the probes, oldest first
  std::unordered_map<model::StackId, Waiting> waiting_;        ///< not submitted
  std::deque<model::StackId> kept_;                            ///< in waiting_, oldest first
  std::deque<model::StackId> copies_;                          ///< of them, those with a copy
  std::deque<model::StackId> backlog_; ///< to be submitted as soon as there is room
  std::size_t under_way_ = 0;          ///< submitted, without an answer
  std::deque<model::SpaceId> ended_;
  std::vector<model::StackId> missed_;
  std::uint64_t forgotten_ = 0;
  std::uint64_t unnamed_ = 0;
  bool told_trouble_ = false;
};

} // namespace mlockscope::cli
