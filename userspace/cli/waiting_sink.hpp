// Holds a finding back until the places of its two stacks have names, and all that comes behind it:
// what is read stays in the order in which it happened.
#pragma once

#include "cli/stack_names.hpp"
#include "report/sink.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <variant>

namespace mlockscope::cli {

class WaitingSink final : public report::Sink {
public:
  /// Things that wait at most; then the first finding goes on without names.
  static constexpr std::size_t most = 65536;

  struct Hooks {
    std::function<void(model::StackId)> want{};    ///< somebody waits for this one
    std::function<void(model::StackId)> give_up{}; ///< decide it now: it has taken too long
    std::function<model::Time()> now{};            ///< nothing: time does not matter
  };

  /// The names and the sink outlive it. It is called when names are decided: see StackNames.
  WaitingSink(report::Sink& next, StackNames& names, Hooks hooks);

  void start(const report::Start&) override;
  void finding(const model::Finding&, const report::Context&) override;
  void exposure(const model::Exposure&) override;
  void call(const model::CallEvent&, const model::CallReading&) override;
  void fault(const model::FaultEvent&, const model::FaultReading&) override;
  void lost(const model::LostEvent&) override;
  void summary(const report::Summary&) override; ///< nothing waits any longer
  void flush() override;

  /// Hands on what need not wait any more.
  void release();
  /// The same, and what has waited since before `time`.
  void release_older(model::Time time);
  /// Everything, as it is.
  void release_all();
  [[nodiscard]] bool empty() const { return queue_.empty(); }

private:
  struct Held {
    model::Finding finding;
    report::Context context;
    std::shared_ptr<const StackName> call, victim; ///< null: there is none
    model::Time since = 0;

    [[nodiscard]] bool ready() const { return decided(call) && decided(victim); }
    static bool decided(const std::shared_ptr<const StackName>& name) {
      return name == nullptr || name->decided;
    }
  };
  using Call = std::pair<model::CallEvent, model::CallReading>;
  using Fault = std::pair<model::FaultEvent, model::FaultReading>;
  using Item = std::variant<Held, model::Exposure, Call, Fault, model::LostEvent>;

  void wait(Item);
  void want(const std::shared_ptr<const StackName>&) const;
  void give_up(const Held&) const;
  void hand_on(const Item&);
  [[nodiscard]] const Held* waiting_first() const;

  report::Sink& next_;
  StackNames& names_;
  Hooks hooks_;
  std::deque<Item> queue_; ///< begins with a finding that is not ready, or is empty
  bool releasing_ = false;
};

} // namespace mlockscope::cli
