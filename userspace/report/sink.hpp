// Where verdicts become output. One Sink a format; each gets the same things in the same order:
// start() first, summary() last, everything else in between.
#pragma once

#include "model/finding.hpp"
#include "model/user_stack.hpp"
#include "report/groups.hpp"
#include "report/tally.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace mlockscope::report {

struct Start {
  std::string version;
  std::string kernel;  ///< release, "6.12.9"
  std::string machine; ///< "x86_64"
  model::PageSize page_size;
  std::string backend; ///< "fentry"
  model::Time time = 0;
  bool sees_32_bit = true; ///< or there is no such ABI
  /// A recording that is judged again; nothing while tracing.
  struct Replay {
    std::string file;
    std::string host;         ///< where it was made; empty: unknown
    bool one_of_many = false; ///< other files are judged beside it
    /// The platform whose rules are followed; empty: as recorded.
    std::string platform{};
    std::uint64_t recorded_page_size = 0; ///< bytes
  };
  std::optional<Replay> replay{};
};

/// Calls that Linux did not refuse and another platform does, by errno.
using Refused = std::map<std::pair<model::Call, std::int64_t>, std::uint64_t>;

struct Summary {
  model::Totals totals;
  Tally tally;
  double seconds = 0; ///< how long was traced
  std::string backend;
  model::Time time = 0;
  std::uint64_t hidden = 0;    ///< findings a filter kept back
  Refused refused{};           ///< replay by the rules of another platform
  std::vector<Group> groups{}; ///< those that were shown, the worst first
  model::StackCounts stacks{};
  bool sees_32_bit = true;      ///< as in Start
  std::uint64_t suppressed = 0; ///< findings that an entry of the suppressions fits
};

class Sink {
public:
  virtual ~Sink() = default;
  virtual void start(const Start&) = 0;
  virtual void finding(const model::Finding&, const Context&) = 0;
  virtual void exposure(const model::Exposure&) = 0;
  virtual void call(const model::CallEvent&, const model::CallReading&) = 0;
  virtual void fault(const model::FaultEvent&, const model::FaultReading&) = 0;
  virtual void lost(const model::LostEvent&) = 0;
  virtual void summary(const Summary&) = 0;
  /// To be called whenever no event is waiting: lines of call() and fault(), which come in hundred
  /// thousands, may be held back until then. Everything else is out when its function returns.
  virtual void flush() = 0;
};

} // namespace mlockscope::report
