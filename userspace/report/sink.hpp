// Where verdicts become output. One Sink a format; each gets the same things in the same order:
// start() first, summary() last, everything else in between.
#pragma once

#include "model/finding.hpp"
#include "report/tally.hpp"

#include <optional>
#include <string>

namespace mlockscope::report {

struct Start {
  std::string version;
  std::string kernel;  ///< release, "6.12.9"
  std::string machine; ///< "x86_64"
  model::PageSize page_size;
  std::string backend; ///< "fentry"
  model::Time time = 0;
};

/// What /proc says about a process; nothing where it could not say. Hostile text.
struct ProcessInfo {
  std::optional<std::string> exe;
  std::optional<std::string> cgroup;
  std::optional<std::string> container;
  std::optional<std::string> pod{};  ///< the uid that Kubernetes gave it
  std::optional<std::string> unit{}; ///< of systemd
};

struct Summary {
  model::Totals totals;
  Tally tally;
  double seconds = 0; ///< how long was traced
  std::string backend;
  model::Time time = 0;
  std::uint64_t hidden = 0; ///< findings a filter kept back
};

class Sink {
public:
  virtual ~Sink() = default;
  virtual void start(const Start&) = 0;
  virtual void finding(const model::Finding&, const ProcessInfo&) = 0;
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
