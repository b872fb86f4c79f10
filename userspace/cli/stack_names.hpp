// What the places of each stack are called, as far as that is known: while tracing from the
// resolver, in a replay from the recording. Decided once for each stack, so that every finding of
// one run, and of its replay, names a place in the same words.
#pragma once

#include "model/user_stack.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <unordered_map>

namespace mlockscope::cli {

/// Shared by all findings that wait for it.
struct StackName {
  model::StackId stack{};
  bool decided = false;
  std::vector<model::Address> addresses; ///< innermost first
  model::Stack named;                    ///< empty until it is decided, or if nothing was found

  /// With names as far as they are known; else with addresses alone.
  [[nodiscard]] model::Stack frames() const;
};

class StackNames {
public:
  /// The oldest are forgotten: which ones, depends on the order of what is told here, and on
  /// nothing else.
  static constexpr std::size_t most = 32768;
  static constexpr std::size_t most_bytes = std::size_t{128} << 20; ///< of names

  /// Called after each decision.
  void on_decided(std::function<void()> listener) { on_decided_ = std::move(listener); }

  /// A stack that was seen, innermost address first. Nothing if it is known already.
  void add(model::StackId, const std::vector<model::Address>&);
  /// Null if it was never seen, or is forgotten.
  [[nodiscard]] std::shared_ptr<const StackName> find(model::StackId) const;
  /// The first decision counts. No frames: there are no names to be had.
  void decide(model::StackId, model::Stack frames);
  /// True if somebody still waits for it, or may.
  [[nodiscard]] bool undecided(model::StackId) const;
  /// visit(const StackName&): all, the oldest first.
  template <class Visit> void each(Visit&& visit) const {
    for (const auto& name : order_) visit(*name);
  }

private:
  void forget_oldest();

  std::unordered_map<model::StackId, std::shared_ptr<StackName>> names_;
  std::deque<std::shared_ptr<StackName>> order_;
  std::size_t bytes_ = 0;
  std::function<void()> on_decided_;
};

} // namespace mlockscope::cli
