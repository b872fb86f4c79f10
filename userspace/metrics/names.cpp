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

Names::Names(std::size_t limit) : holders_(limit + 1) {
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
  if (free_.empty()) {
    note_candidate(name, amount, now);
    return other;
  }
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
  forget_former(now);
  drop_idle_candidates(now);
  std::vector<Place> given_up;
  for (Place place = 1; place < holders_.size(); ++place) {
    const Holder& holder = holders_[place];
    if (!holder.name || now - holder.last < quiet_time || !may_fold(place, now)) continue;
    fold(place, now);
    given_up.push_back(place);
  }
  while (!candidates_.empty()) {
    if (free_.empty()) {
      const Place place = least_busy(now);
      const bool busier =
          place != other && best_busyness(now) > clearly * holders_[place].busyness.at(now);
      if (!busier || !may_fold(place, now)) break;
      fold(place, now);
      given_up.push_back(place);
    }
    const Candidate best = take_best_candidate(now);
    const Place place = free_.back();
    free_.pop_back();
    take(place, best.name, best.busyness, now);
  }
  return given_up;
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
  if (const auto found = candidate_at_.find(name); found != candidate_at_.end())
    return candidates_[found->second].busyness.add(amount, now);
  if (limit() == 0) return;
  std::size_t at = candidates_.size();
  if (at < candidates_kept()) {
    candidates_.emplace_back();
  } else {
    at = expendable_candidate(now);
    candidate_at_.erase(candidates_[at].name);
  }
  candidates_[at] = {name, {}};
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

double Names::best_busyness(model::Time now) const {
  double best = 0;
  for (const Candidate& each : candidates_) best = std::max(best, each.busyness.at(now));
  return best;
}

Names::Candidate Names::take_best_candidate(model::Time now) {
  const auto best = std::max_element(candidates_.begin(), candidates_.end(),
                                     [now](const Candidate& a, const Candidate& b) {
                                       return a.busyness.at(now) < b.busyness.at(now);
                                     });
  Candidate taken = std::move(*best);
  candidate_at_.erase(taken.name);
  if (best != candidates_.end() - 1) {
    *best = std::move(candidates_.back());
    candidate_at_[best->name] = static_cast<std::size_t>(best - candidates_.begin());
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
