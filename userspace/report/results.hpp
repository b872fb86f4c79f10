// Findings of a whole run, put together for formats that are written at its end.
#pragma once

#include "model/finding.hpp"
#include "report/context.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlockscope::report {

/// What is told in one piece: the findings of a group; of findings whose places are unknown those
/// of one kind in one program. Suppressed findings are apart from others.
struct Result {
  model::Kind kind{};
  model::Severity severity{};     ///< the worst
  model::Confidence confidence{}; ///< the best
  std::optional<GroupId> group{};
  std::optional<std::string> suppressed_by{};
  std::uint64_t count = 0; ///< findings; a lock-failed counts all it stands for
  std::uint64_t bytes = 0; ///< exposed, in all
  model::Time first = 0;
  model::Time last = 0;
  model::Finding example{};         ///< the first; its lists of ranges and claims are left out
  std::string program;              ///< of the first: name of its file, or its comm; raw
  std::optional<std::string> exe{}; ///< of the first
  model::Stack call_stack{};        ///< of the first; cut to frames_kept
  model::Stack victim_stack{};
};

class Results {
public:
  /// Results kept; findings beyond that are only counted.
  static constexpr std::size_t bound = 5000;
  static constexpr std::size_t frames_kept = 32; ///< of each stack

  void add(const model::Finding&, const Context&);

  /// The worst first, then those with most; suppressed ones at the end.
  [[nodiscard]] std::vector<const Result*> ranked() const;
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

private:
  std::map<std::string, Result> results_;
  std::uint64_t left_out_ = 0;
};

/// "demo: munlock by keys.c:12 in wipe unlocked bytes of another lock on the same page; mlock by
/// ... had locked them". Escaped.
[[nodiscard]] std::string headline(const Result&);

/// What identifies a result from run to run: the group, or kind and program.
[[nodiscard]] std::string result_key(const model::Finding&, const Context&);

} // namespace mlockscope::report
