// Time in a log: seconds since 1970 (-ttt), times of day (-t, -tt), time since the line before
// (-r), or none; and however it runs in the log, never backwards here.
#pragma once

#include "model/event.hpp"

#include <algorithm>

namespace mlockscope::strace {

struct Stamp {
  enum class Kind : std::uint8_t { none, epoch, day, relative };
  Kind kind = Kind::none;
  std::uint64_t nanoseconds = 0;
  std::uint64_t step = 0; ///< the smallest difference that these stamps can show, nanoseconds
};

class Clock {
public:
  /// The time of a line, which comes after all the lines before.
  model::Time take(const Stamp&);
  /// A call has lasted that long.
  model::Time advance(model::Time to) { return now_ = std::max(now_, to); }
  [[nodiscard]] model::Time now() const { return now_; }
  /// How much later than shown something may have happened.
  [[nodiscard]] std::uint64_t step() const { return step_; }
  /// False if no line has had a stamp: then lines are counted, as one a microsecond, for the order.
  [[nodiscard]] bool timed() const { return kind_ != Stamp::Kind::none; }
  /// Times are nanoseconds since 1970.
  [[nodiscard]] bool dated() const { return kind_ == Stamp::Kind::epoch; }

private:
  Stamp::Kind kind_ = Stamp::Kind::none; ///< of the last stamp
  std::uint64_t step_ = 0;
  std::uint64_t day_ = 0;  ///< nanoseconds of the midnights that have passed
  std::uint64_t last_ = 0; ///< the last time of day
  model::Time now_ = 0;
};

} // namespace mlockscope::strace
