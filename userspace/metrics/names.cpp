#include "metrics/names.hpp"

#include <algorithm>
#include <cmath>

namespace mlockscope::metrics {
namespace {

constexpr double half_life = 60e9; // nanoseconds

/// By how much busier a name must be to take another's place: two that are alike shall not take
/// turns.
constexpr double clearly = 2;

/// What one sign of life is worth after some minutes of silence.
constexpr double idle = 0.05;

/// Of how many candidates the least busy makes room for a new one. Looking at all of them for every
/// new name would let a flood of names cost what it must not.
constexpr std::size_t sample = 5;

} // namespace

void Busyness::add(double amount, model::Time now) {
  amount_ = at(now) + amount;
  when_ = now;
}

double Busyness::at(model::Time now) const {
  return amount_ * std::exp2(-static_cast<double>(now - std::min(now, when_)) / half_life);
}

Names::Names(std::size_t limit) : holders_(limit + 1), budget_(most_budget()) {
  for (std::size_t place = limit; place != 0; --place) free_.push_back(static_cast<Place>(place));
}

Names::Place Names::note(const std::string& name, double amount, model::Time now) {
  if (const auto found = places_.find(name); found != places_.end()) {
    Holder& holder = holders_[found->second];
    holder.busyness.add(amount, now);
    holder.last = now;
    return found->second;
  }
  forget_former(now);
  if (former_names_.contains(name)) return other;
  if (free_.empty() || budget_ < reserve() + 1) {
    note_candidate(name, amount, now);
    return other;
  }
  --budget_;
  const Place place = free_.back();
  free_.pop_back();
  Busyness busyness;
  busyness.add(amount, now);
  take(place, name, busyness, now);
  return place;
}

Names::Place Names::place_of(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? other : found->second;
}

std::vector<Names::Place> Names::rotate(model::Time now) {
  refill_budget(now);
  rotated_ = now;
  ++rotations_;
  forget_former(now);
  drop_idle_candidates(now);
  std::vector<Place> given_up;
  retire(now, given_up);
  while (budget_ >= 1) {
    const auto best = best_candidate(now);
    if (!best || !make_room(candidates_[*best].busyness.at(now), now, given_up)) break;
    const Candidate chosen = take_candidate(*best);
    const Place place = free_.back();
    free_.pop_back();
    take(place, chosen.name, chosen.busyness, now);
    --budget_;
  }
  return given_up;
}

void Names::refill_budget(model::Time now) {
  const auto hours = static_cast<double>(now - rotated_) / (3600.0 * second);
  if (rotations_ != 0)
    budget_ = std::min(most_budget(), budget_ + static_cast<double>(limit()) * hours);
}

void Names::retire(model::Time now, std::vector<Place>& given_up) {
  for (Place place = 1; place < holders_.size(); ++place) {
    const Holder& holder = holders_[place];
    if (!holder.name || now - holder.last < quiet_time || !may_fold(place, now)) continue;
    fold(place, now);
    given_up.push_back(place);
  }
}

/// Whether there is a place for a name that is as busy.
bool Names::make_room(double busyness, model::Time now, std::vector<Place>& given_up) {
  if (!free_.empty()) return true;
  const Place place = least_busy(now);
  if (place == other || busyness <= clearly * holders_[place].busyness.at(now)) return false;
  if (!may_fold(place, now)) return false;
  fold(place, now);
  given_up.push_back(place);
  return true;
}

void Names::take(Place place, const std::string& name, const Busyness& busyness, model::Time now) {
  holders_[place] = {name, busyness, now, now};
  places_.emplace(name, place);
}

void Names::fold(Place place, model::Time now) {
  Holder& holder = holders_[place];
  former_names_.insert(*holder.name);
  former_.push_back({*holder.name, now + forgetting_time});
  places_.erase(*holder.name);
  holder = {};
  free_.push_back(place);
  ++folds_;
}

/// The names that must not come back yet are bounded, too: while there are many, nothing is folded.
bool Names::may_fold(Place place, model::Time now) const {
  return now - holders_[place].since >= tenure && former_.size() < 4 * holders_.size();
}

void Names::forget_former(model::Time now) {
  while (!former_.empty() && former_.front().until <= now) {
    former_names_.erase(former_.front().name);
    former_.pop_front();
  }
}

void Names::note_candidate(const std::string& name, double amount, model::Time now) {
  if (const auto found = candidate_at_.find(name); found != candidate_at_.end()) {
    Candidate& known = candidates_[found->second];
    known.returned = known.returned || known.first != rotations_;
    return known.busyness.add(amount, now);
  }
  if (limit() == 0) return;
  std::size_t at = candidates_.size();
  if (at < candidates_kept()) {
    candidates_.emplace_back();
  } else {
    at = expendable_candidate(now);
    candidate_at_.erase(candidates_[at].name);
  }
  candidates_[at] = {name, {}, rotations_, false};
  candidates_[at].busyness.add(amount, now);
  candidate_at_.emplace(name, at);
}

std::size_t Names::expendable_candidate(model::Time now) {
  std::size_t least = cursor_ % candidates_.size();
  for (std::size_t i = 0; i < sample; ++i) {
    const std::size_t at = cursor_++ % candidates_.size();
    if (candidates_[at].busyness.at(now) < candidates_[least].busyness.at(now)) least = at;
  }
  return least;
}

/// Of those that came back.
std::optional<std::size_t> Names::best_candidate(model::Time now) const {
  std::optional<std::size_t> best;
  for (std::size_t at = 0; at < candidates_.size(); ++at)
    if (candidates_[at].returned &&
        (!best || candidates_[at].busyness.at(now) > candidates_[*best].busyness.at(now)))
      best = at;
  return best;
}

Names::Candidate Names::take_candidate(std::size_t at) {
  Candidate taken = std::move(candidates_[at]);
  candidate_at_.erase(taken.name);
  if (at + 1 != candidates_.size()) {
    candidates_[at] = std::move(candidates_.back());
    candidate_at_[candidates_[at].name] = at;
  }
  candidates_.pop_back();
  return taken;
}

void Names::drop_idle_candidates(model::Time now) {
  std::erase_if(candidates_, [now](const Candidate& each) { return each.busyness.at(now) < idle; });
  candidate_at_.clear();
  for (std::size_t at = 0; at < candidates_.size(); ++at)
    candidate_at_.emplace(candidates_[at].name, at);
}

Names::Place Names::least_busy(model::Time now) const {
  Place least = other;
  double amount = 0;
  for (Place place = 1; place < holders_.size(); ++place) {
    if (!holders_[place].name) continue;
    const double each = holders_[place].busyness.at(now);
    if (least != other && each >= amount) continue;
    least = place;
    amount = each;
  }
  return least;
}

} // namespace mlockscope::metrics
