#include "strace/clock.hpp"

namespace mlockscope::strace {
namespace {

constexpr std::uint64_t hour = 3'600'000'000'000;
constexpr model::Time between_lines = 1000;

} // namespace

model::Time Clock::take(const Stamp& stamp) {
  if (stamp.kind == Stamp::Kind::none) return timed() ? now_ : now_ += between_lines;
  kind_ = stamp.kind;
  step_ = std::max(step_, stamp.step);
  switch (stamp.kind) {
  case Stamp::Kind::epoch:
    return advance(stamp.nanoseconds);
  case Stamp::Kind::relative:
    return advance(now_ + stamp.nanoseconds);
  case Stamp::Kind::day:
    // Much less than before: midnight has passed. A little less: the clock was set.
    if (stamp.nanoseconds + 12 * hour < last_) day_ += 24 * hour;
    last_ = stamp.nanoseconds;
    return advance(day_ + stamp.nanoseconds);
  case Stamp::Kind::none:
    break;
  }
  return now_;
}

} // namespace mlockscope::strace
