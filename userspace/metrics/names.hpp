// Which process names have series of their own. The rest share one, `other`, so that the number of
// series is bounded whatever names the host's processes give themselves.
//
// A name takes a free place when it is first heard of. When all are taken, a busier name takes the
// place of the least busy one; and a name that has not been heard of for ten minutes gives its
// place up. Either way its counts are to be added to those of `other`, so that the sum over all
// names never changes; and it gets no place again before Prometheus has forgotten its series, so
// that no series ever goes backwards.
#pragma once

#include "model/event.hpp"

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace mlockscope::metrics {

/// How busy a name is: what it did lately, halved every minute.
class Busyness {
public:
  void add(double amount, model::Time now);
  [[nodiscard]] double at(model::Time now) const;

private:
  double amount_ = 0;
  model::Time when_ = 0;
};

class Names {
public:
  using Place = std::uint32_t;
  static constexpr Place other = 0;

  static constexpr model::Time second = 1'000'000'000;
  /// Without a sign of life, before a place is given up.
  static constexpr model::Time quiet_time = 600 * second;
  /// For which a name keeps its place against busier ones.
  static constexpr model::Time tenure = 60 * second;
  /// Longer than the five minutes for which Prometheus still shows a series that has ended.
  static constexpr model::Time forgetting_time = 360 * second;

  /// Places 1 to `limit` can be taken.
  explicit Names(std::size_t limit);

  /// The place that counts for this name; `amount` is how much it did. Times do not go backwards.
  Place note(const std::string& name, double amount, model::Time now);
  /// Names that have ended or are less busy than others give their places up, and busier ones take
  /// them. Returns the places that were given up: what was counted there belongs to `other` now,
  /// and counting begins again.
  [[nodiscard]] std::vector<Place> rotate(model::Time now);

  /// `other` for a name that has no place.
  [[nodiscard]] Place place_of(const std::string& name) const;
  [[nodiscard]] std::size_t limit() const { return holders_.size() - 1; }
  [[nodiscard]] std::size_t candidates_kept() const { return 4 * limit() + 16; }
  [[nodiscard]] std::size_t used() const { return places_.size(); }
  /// Nothing if the place is free.
  [[nodiscard]] const std::optional<std::string>& name_at(Place place) const {
    return holders_[place].name;
  }
  /// Times a name lost its place.
  [[nodiscard]] std::uint64_t folds() const { return folds_; }

private:
  struct Holder {
    std::optional<std::string> name;
    Busyness busyness;
    model::Time since = 0;
    model::Time last = 0;
  };
  struct Former {
    std::string name;
    model::Time until = 0;
  };

  struct Candidate {
    std::string name;
    Busyness busyness;
  };

  void take(Place, const std::string& name, const Busyness&, model::Time now);
  void fold(Place, model::Time now);
  void note_candidate(const std::string& name, double amount, model::Time now);
  [[nodiscard]] std::size_t expendable_candidate(model::Time now);
  [[nodiscard]] Candidate take_best_candidate(model::Time now);
  void forget_former(model::Time now);
  [[nodiscard]] bool may_fold(Place, model::Time now) const;
  [[nodiscard]] Place least_busy(model::Time now) const;
  [[nodiscard]] double best_busyness(model::Time now) const;
  void drop_idle_candidates(model::Time now);

  std::vector<Holder> holders_; ///< by place; the first is `other` and holds no name
  std::unordered_map<std::string, Place> places_;
  std::vector<Place> free_;
  std::vector<Candidate> candidates_; ///< names without a place, at most candidates_kept()
  std::unordered_map<std::string, std::size_t> candidate_at_;
  std::size_t cursor_ = 0;    ///< where expendable_candidate() looks next
  std::deque<Former> former_; ///< by `until`
  std::unordered_set<std::string> former_names_;
  std::uint64_t folds_ = 0;
};

} // namespace mlockscope::metrics
