// Lock requests that failed, gathered: programs repeat them thousands of times a second.
#pragma once

#include "model/finding.hpp"

#include <map>
#include <tuple>

namespace mlockscope::model {

/// True if the call asked for locked memory and was refused it.
[[nodiscard]] bool is_refused_lock(const CallEvent&);

/// The refused lock requests of one address space: one finding per call, place and errno.
class Failures {
public:
  /// Call, place, errno.
  using Key = std::tuple<Call, Address, std::int64_t>;

  /// Counts a failure. Returns its key if it is the first of its kind.
  std::optional<Key> add(const CallEvent&, std::optional<PageRange> applied, PageSize);
  /// The finding, with the count so far and without a number; nothing if it was taken before.
  std::optional<Finding> take(const Key&);
  /// All that were not taken, in the order of their first failures.
  [[nodiscard]] std::vector<Key> untaken() const;

private:
  struct Aggregate {
    Finding finding;
    std::uint64_t order = 0;
    bool taken = false;
  };
  /// Beyond it, failures at new places are counted by call and errno alone.
  static constexpr std::size_t max_places = 1024;

  std::map<Key, Aggregate> aggregates_;
};

} // namespace mlockscope::model
