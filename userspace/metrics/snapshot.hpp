// What one scrape is told: plain numbers, copied by the thread that owns them, so that turning them
// into text never holds the tracer up.
#pragma once

#include "model/finding.hpp"
#include "model/user_stack.hpp"

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlockscope::metrics {

/// The pairs of kind and severity that findings have (semantics, section 3 and 4).
struct Verdict {
  model::Kind kind;
  model::Severity severity;
  bool operator==(const Verdict&) const = default;
};
inline constexpr std::array verdicts{
    Verdict{model::Kind::spill, model::Severity::high},
    Verdict{model::Kind::self_spill, model::Severity::high},
    Verdict{model::Kind::nested, model::Severity::high},
    Verdict{model::Kind::stacked, model::Severity::medium},
    Verdict{model::Kind::lockall_hole, model::Severity::medium},
    Verdict{model::Kind::lock_failed, model::Severity::high},
    Verdict{model::Kind::lock_failed, model::Severity::low},
    Verdict{model::Kind::fork, model::Severity::medium},
    Verdict{model::Kind::fork, model::Severity::high},
    Verdict{model::Kind::swapped, model::Severity::critical},
};

inline constexpr std::size_t calls_known = static_cast<std::size_t>(model::Call::fork);

/// One system call, all results together.
struct CallSums {
  std::uint64_t succeeded = 0;
  std::map<int, std::uint64_t> failed; ///< by errno
  model::Time inside = 0;              ///< nanoseconds
  std::uint64_t requested_bytes = 0;
  std::uint64_t applied_bytes = 0;
};

/// How long exposures lasted, of one way to close.
struct Durations {
  /// Upper bounds, in seconds: from one call to the next, to a day.
  static constexpr std::array bounds{0.001, 0.005, 0.01,  0.05,   0.1,    0.5,     1.0,    5.0,
                                     10.0,  60.0,  300.0, 1800.0, 3600.0, 21600.0, 86400.0};
  std::array<std::uint64_t, bounds.size() + 1> counts{}; ///< not cumulative; the last: longer
  double seconds = 0;

  void add(double length);
};
inline constexpr std::size_t ways_to_close = static_cast<std::size_t>(model::Closed::open);

/// What is counted by process name.
struct NameCounts {
  std::array<std::uint64_t, verdicts.size()> findings{};
  std::uint64_t swapped = 0;

  NameCounts& operator+=(const NameCounts&);
};

/// What a name's live address spaces hold.
struct NameHoldings {
  std::uint64_t spaces = 0;
  std::uint64_t claims = 0;
  std::uint64_t claimed_bytes = 0;
  std::uint64_t locked_bytes = 0;
  std::uint64_t exposures = 0;
  std::uint64_t exposed_bytes = 0;

  NameHoldings& operator+=(const NameHoldings&);
  [[nodiscard]] bool nothing() const { return claims == 0 && locked_bytes == 0 && exposures == 0; }
};

struct NameRow {
  std::vector<std::string> labels; ///< values: `comm`, then those of --metrics-labels; escaped
  NameCounts counts;
  NameHoldings holdings;
};

/// Nanoseconds since 1970, by the system's clock at the moment it was asked.
using WallTime = std::int64_t;

/// A finding as the landing page shows it. No addresses: who may read the page need not know them.
struct RecentFinding {
  model::FindingId id{};
  model::Time time = 0;
  WallTime wall_time = 0;
  Verdict verdict{};
  model::Confidence confidence{};
  model::Call call{};
  std::uint32_t pid = 0;
  std::string comm; ///< escaped
  std::uint64_t exposed_bytes = 0;
  bool open = false; ///< its exposure
};

/// How the tracer itself does.
struct Health {
  std::string version, revision, backend, kernel;
  std::uint64_t ring_size = 0; ///< bytes
  std::size_t probes_attached = 0, probes_waiting = 0, probes_missing = 0;
  model::StackCounts stacks{};
  std::uint64_t suppressed = 0; ///< findings
};

struct Snapshot {
  model::Time time = 0;
  WallTime wall_time = 0;
  Health health; ///< of `version` empty: the tracing has not begun
  model::Totals totals;
  std::uint64_t incomplete = 0; ///< address spaces
  std::uint64_t ring_used = 0;  ///< bytes, when the reader last came
  std::uint64_t ring_peak = 0;  ///< bytes
  std::array<CallSums, calls_known> calls;
  std::array<Durations, ways_to_close> durations;
  std::array<WallTime, verdicts.size()> last_finding{}; ///< 0: none
  WallTime last_resynchronisation = 0;                  ///< 0: none
  std::vector<std::string> more_labels;                 ///< names of --metrics-labels
  std::vector<NameRow> names;                           ///< the first is `other`
  std::size_t names_limit = 0;
  std::size_t names_folded = 0; ///< live, and counted as `other`
  std::uint64_t folds = 0;
  std::deque<RecentFinding> recent; ///< the newest first
};

} // namespace mlockscope::metrics
