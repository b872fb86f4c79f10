// The most that was found in the ring lately. Scrapes must not disturb each other, so the window is
// of time and not "since the last scrape".
#pragma once

#include "model/event.hpp"

#include <algorithm>

namespace mlockscope::metrics {

/// The greatest value noted in the current minute and the one before.
class RingPeak {
public:
  void note(std::uint64_t value, model::Time now) {
    if (const model::Time minute = now / 60'000'000'000; minute != minute_) {
      before_ = minute == minute_ + 1 ? current_ : 0;
      current_ = 0;
      minute_ = minute;
    }
    current_ = std::max(current_, value);
    last_ = value;
  }
  [[nodiscard]] std::uint64_t last() const { return last_; }
  [[nodiscard]] std::uint64_t value() const { return std::max(before_, current_); }

private:
  model::Time minute_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t current_ = 0;
  std::uint64_t last_ = 0;
};

} // namespace mlockscope::metrics
