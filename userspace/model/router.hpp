// Routes every event to the books of its address space and keeps what is common to all: totals,
// limits, the findings on failed locks that wait for more of their kind, and the children of fork
// that wait for the end of their grace time.
#pragma once

#include "model/calls.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>

namespace mlockscope::model {

/// The functions of Correlator, and its books.
class Router {
public:
  Router(PageSize page, Output& out, Limits limits) : shared_(page, out, limits) {}

  void handle(const CallEvent&);
  void handle(const ForkEvent&);
  void handle(const EndEvent&);
  void handle(const SnapshotEvent&);
  void handle(const FaultEvent&);
  void handle(const SwapEvent&);
  void handle(const LostEvent&);
  void handle(const TickEvent& event) { handle_due(event.time); }
  void finish(Time);

  const Totals& totals();
  [[nodiscard]] const Ledger* find(SpaceId) const;
  [[nodiscard]] std::vector<Ledger*> ledgers() const;
  [[nodiscard]] Time next_deadline() const {
    for (const SpaceId space : heirs_)
      if (const Ledger* heir = find(space); heir != nullptr && heir->inherited)
        return deadline_of(*heir) + 1;
    return ~Time{0};
  }
  void visit_holdings(const std::function<void(const Holdings&)>& take) const;
  [[nodiscard]] bool forks_pending() const {
    return std::any_of(ledgers_.begin(), ledgers_.end(),
                       [](const auto& each) { return each.second->inherited.has_value(); });
  }

private:
  struct Waiting {
    Time due = 0;
    SpaceId space{};
    Failures::Key key;
  };

  Ledger* find(SpaceId);
  Ledger& make(SpaceId);
  Ledger& ledger_of(const CallEvent&);
  void note_loss(Ledger&, std::uint64_t lost_in_all, Time);
  void give_loss(const LostEvent&);
  void handle_due(Time now);
  [[nodiscard]] Time deadline_of(const Ledger& heir) const {
    return heir.inherited->since() + shared_.limits.fork_grace;
  }
  void inherit(const ForkEvent&, Ledger& child);
  void ask_for_due_heirs(Time now);
  void conclude_inheritance(Ledger&, const SnapshotEvent&);
  void tell_if_exposing(Ledger&);
  void note_failure(Ledger&, const CallEvent&, const Request&);
  void give_due_failures(Time now);
  void give_failures(Ledger&);
  void ask_if_wanted(Ledger&);

  Shared shared_;
  std::unordered_map<SpaceId, std::unique_ptr<Ledger>> ledgers_;
  Ledger* last_ = nullptr; ///< calls come in runs of one address space
  std::deque<Waiting> waiting_;
  std::deque<SpaceId> heirs_; ///< children with copies whose grace time goes on, by its end
  Totals totals_;
};

} // namespace mlockscope::model
