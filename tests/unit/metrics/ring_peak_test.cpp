#include "metrics/ring_peak.hpp"

#include "support/catch.hpp"

using mlockscope::metrics::RingPeak;

namespace {
constexpr mlockscope::model::Time second = 1'000'000'000;
}

TEST_CASE("the peak is that of this minute and the one before") {
  RingPeak peak;
  CHECK(peak.value() == 0);
  peak.note(500, 10 * second);
  peak.note(200, 30 * second);
  CHECK(peak.value() == 500);
  peak.note(100, 70 * second);
  CHECK(peak.value() == 500);
  CHECK(peak.last() == 100);
  peak.note(50, 130 * second);
  CHECK(peak.value() == 100);
}

TEST_CASE("after a long silence the old peak is gone") {
  RingPeak peak;
  peak.note(500, 10 * second);
  peak.note(1, 10'000 * second);
  CHECK(peak.value() == 1);
}
