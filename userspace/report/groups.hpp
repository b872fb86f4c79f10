// Findings of the same kind from the same two places are one mistake in a program: a group.
#pragma once

#include "model/finding.hpp"
#include "report/context.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlockscope::report {

/// 64-bit FNV-1a of the kind's word and the fingerprints of the places, each ended by a NUL: equal
/// in every run of the same programs, on every machine.
///
/// Nothing if a place that is needed is not known. All kinds need the place of the call; all but
/// two also that of the earlier lock. `lock-failed` has no such lock. `fork` has many: the claims
/// of the whole address space, and `victim` is only the one with the lowest address.
[[nodiscard]] std::optional<GroupId> group_of(const model::Finding&, const Context&);

/// 16 hexadecimal digits.
[[nodiscard]] std::string group_text(GroupId);

/// What the findings of a group have in common, and their sums.
struct Group {
  GroupId id{};
  model::Kind kind{};
  model::Severity severity{}; ///< the worst
  std::uint64_t findings = 0;
  std::uint64_t count = 0; ///< as findings, but a lock-failed counts all it stands for
  model::Time first = 0;   ///< of the calls
  model::Time last = 0;
  std::uint64_t bytes = 0;                    ///< exposed, in all
  model::Frame call_place{};                  ///< who unlocked, forked, or was refused
  std::optional<model::Frame> victim_place{}; ///< who had locked
  model::FindingId example{};                 ///< the first finding
  model::Comm comm{};                         ///< of that finding
  std::uint64_t suppressed = 0;               ///< of the findings
};

/// Counts groups. Stands before the sinks.
class Groups {
public:
  /// Groups kept; findings of others are only counted.
  static constexpr std::size_t bound = 4096;

  /// Sets `group` and `nth` of the context. Beyond the bound nth stays 1.
  void assign(const model::Finding&, Context&);

  /// Those of highest severity first, then those with most; groups that are suppressed in whole
  /// are left out.
  [[nodiscard]] std::vector<Group> ranked() const;
  /// Findings of groups beyond the bound.
  [[nodiscard]] std::uint64_t others() const { return others_; }
  /// Findings whose places are not known.
  [[nodiscard]] std::uint64_t without_group() const { return without_group_; }

private:
  std::map<GroupId, Group> groups_;
  std::uint64_t others_ = 0;
  std::uint64_t without_group_ = 0;
};

} // namespace mlockscope::report
