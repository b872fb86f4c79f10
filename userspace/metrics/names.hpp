// Which process names have series of their own. The rest share one, `other`, so that the number of
// series is bounded at every moment and over the months, whatever names the host's processes give
// themselves.
//
// There are `limit` places. A name takes a free one when it is first heard of. When all are taken,
// a name that comes back takes the place of one that is clearly less busy; and a name that has not
// been heard of for ten minutes gives its place up. In the long run no more than `limit` names an
// hour get a place, and part of that is kept for names that come back: names that are used once and
// never again cannot have all of it.
//
// What a name had counted when it loses its place is to be added to `other`, so that the sum over
// all names never changes; and it gets no place again before Prometheus has forgotten its series,
// so that no series ever goes backwards.
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
  /// Between two rotations, at least.
  static constexpr model::Time rotation_interval = 10 * second;
  /// For which a name keeps its place against busier ones.
  static constexpr model::Time tenure = 60 * second;
  /// Longer than the five minutes for which Prometheus still shows a series that has ended.
  static constexpr model::Time forgetting_time = 360 * second;

  /// Places 1 to `limit` can be taken.
  explicit Names(std::size_t limit);

  /// The place that counts for this name; `amount` is how much it did. Times do not go backwards.
  Place note(const std::string& name, double amount, model::Time now);
  /// Whether rotate() is to be called, after a note() for each name that lives.
  [[nodiscard]] bool rotation_due(model::Time now) const {
    return now >= rotated_ + rotation_interval;
  }
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
    std::uint64_t first = 0; ///< the rotation before which it was first heard of
    bool returned = false;   ///< heard of after that rotation, too
  };

  void take(Place, const std::string& name, const Busyness&, model::Time now);
  void fold(Place, model::Time now);
  void note_candidate(const std::string& name, double amount, model::Time now);
  [[nodiscard]] std::size_t expendable_candidate(model::Time now);
  [[nodiscard]] std::optional<std::size_t> best_candidate(model::Time now) const;
  [[nodiscard]] Candidate take_candidate(std::size_t at);
  bool make_room(double busyness, model::Time now, std::vector<Place>& given_up);
  void retire(model::Time now, std::vector<Place>& given_up);
  void refill_budget(model::Time now);
  [[nodiscard]] double reserve() const { return static_cast<double>(limit()) / 2; }
  /// At the start: enough for all places.
  [[nodiscard]] double most_budget() const { return static_cast<double>(limit()) + reserve(); }
  void forget_former(model::Time now);
  [[nodiscard]] bool may_fold(Place, model::Time now) const;
  [[nodiscard]] Place least_busy(model::Time now) const;
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
  std::uint64_t rotations_ = 0;
  model::Time rotated_ = 0;
  double budget_ =
      0; ///< names that may get a place now; the last `reserve()` of them if they return
};

} // namespace mlockscope::metrics
