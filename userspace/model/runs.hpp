// Addresses in runs: what lies side by side and is alike is one run. What is of the default value
// is in no run. For the what-if, which keeps more about a page than PageMap has room for, and can
// afford a tree.
#pragma once

#include "model/memory.hpp"

#include <iterator>
#include <map>
#include <utility>

namespace mlockscope::model {

template <class Value> class Runs {
public:
  /// Replaces the value of every part of `range` by `next(part, value)`. Parts are ascending, each
  /// of one value, and make up the whole of `range`. `next` must not touch the runs.
  template <class Next> void change(PageRange range, Next&& next) {
    if (range.empty()) return;
    cut(range.start);
    cut(range.end);
    auto place = runs_.lower_bound(range.start);
    for (Address at = range.start; at < range.end;) {
      if (place != runs_.end() && place->first == at) {
        const Address end = place->second.end;
        place->second.value = next(PageRange{at, end}, std::as_const(place->second.value));
        place = place->second.value == Value{} ? runs_.erase(place) : std::next(place);
        at = end;
      } else {
        const Address end = place == runs_.end() ? range.end : std::min(range.end, place->first);
        if (Value value = next(PageRange{at, end}, Value{}); value != Value{})
          runs_.emplace_hint(place, at, Run{end, std::move(value)});
        at = end;
      }
    }
    join(range);
  }
  void set(PageRange range, const Value& value) {
    change(range, [&](PageRange, const Value&) { return value; });
  }

  /// Calls `take(part, value)` for every part of `range` in order, those of default value included.
  template <class Take> void visit(PageRange range, Take&& take) const {
    Address at = range.start;
    for (auto place = holding(range.start); at < range.end; ++place) {
      if (place == runs_.end() || place->first >= range.end) {
        take(PageRange{at, range.end}, Value{});
        return;
      }
      if (at < place->first) take(PageRange{at, place->first}, Value{});
      const PageRange part = PageRange{place->first, place->second.end}.intersect(range);
      take(part, place->second.value);
      at = part.end;
    }
  }

  /// The run that holds `at`, or the gap between the runs around it with the default value.
  [[nodiscard]] std::pair<PageRange, Value> find(Address at) const {
    const auto place = holding(at);
    if (place != runs_.end() && place->first <= at)
      return {{place->first, place->second.end}, place->second.value};
    return {{place == runs_.begin() ? 0 : std::prev(place)->second.end,
             place == runs_.end() ? UINT64_MAX : place->first},
            Value{}};
  }
  [[nodiscard]] Value at(Address at) const { return find(at).second; }
  void clear() { runs_.clear(); }

private:
  struct Run {
    Address end = 0;
    Value value;
  };
  using Map = std::map<Address, Run>;

  /// The first run that ends behind `at`.
  [[nodiscard]] typename Map::const_iterator holding(Address at) const {
    auto place = runs_.upper_bound(at);
    if (place != runs_.begin() && std::prev(place)->second.end > at) --place;
    return place;
  }
  /// A run over `at` becomes two.
  void cut(Address at) {
    auto place = runs_.lower_bound(at);
    if (place == runs_.begin()) return;
    --place;
    if (place->second.end <= at) return;
    const Run rest = place->second;
    place->second.end = at;
    runs_.emplace_hint(std::next(place), at, rest);
  }
  /// Neighbours in and beside `range` that are alike become one.
  void join(PageRange range) {
    auto place = runs_.lower_bound(range.start);
    if (place != runs_.begin()) --place;
    while (place != runs_.end() && place->first <= range.end) {
      const auto next = std::next(place);
      if (next != runs_.end() && next->first == place->second.end &&
          next->second.value == place->second.value) {
        place->second.end = next->second.end;
        runs_.erase(next);
      } else {
        place = next;
      }
    }
  }

  Map runs_;
};

} // namespace mlockscope::model
