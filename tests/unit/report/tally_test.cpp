#include "report/tally.hpp"

#include "samples.hpp"
#include "support/catch.hpp"

using namespace mlockscope;

TEST_CASE("exposures add up by address space, the worst first") {
  report::Tally tally;
  model::Exposure exposure = samples::exposure();
  tally.exposure(exposure);
  exposure.closed = model::Closed::open;
  exposure.opened = 0;
  tally.exposure(exposure);
  exposure.space = model::SpaceId{4};
  exposure.pid = 5;
  exposure.bytes = 1 << 20;
  tally.exposure(exposure);
  const auto worst = tally.worst();
  REQUIRE(worst.size() == 2);
  CHECK(worst[0].pid == 5);
  CHECK(worst[1].exposures == 2);
  CHECK(worst[1].open == 1);
  CHECK(worst[1].bytes == 64);
  CHECK(worst[1].longest == exposure.ended);
}

TEST_CASE("a tally does not grow without bound") {
  report::Tally tally;
  model::Exposure exposure = samples::exposure();
  for (std::uint64_t i = 0; i < report::Tally::bound + 5; ++i) {
    exposure.space = model::SpaceId{i};
    tally.exposure(exposure);
  }
  CHECK(tally.worst().size() == report::Tally::bound);
  CHECK(tally.others() == 5);
}

TEST_CASE("faults add up by address space, the busiest first") {
  report::Tally tally;
  model::FaultEvent event = samples::fault_event();
  tally.fault(event, samples::fault_reading());
  event.space = model::SpaceId{4};
  event.caller.pid = 5;
  tally.fault(event, samples::fault_reading());
  tally.fault(event, samples::swap_fault_reading());
  event.major = true;
  tally.fault(event, samples::swap_fault_reading());
  const auto busiest = tally.busiest();
  REQUIRE(busiest.size() == 2);
  CHECK(busiest[0].pid == 5);
  CHECK(busiest[0].total() == 3);
  CHECK(busiest[0].locked.minor == 1);
  CHECK(busiest[0].exposed.minor == 1);
  CHECK(busiest[0].exposed.major == 1);
  CHECK(busiest[1].total() == 1);
}

TEST_CASE("a tally of faults does not grow without bound") {
  report::Tally tally;
  model::FaultEvent event = samples::fault_event();
  for (std::uint64_t i = 0; i < report::Tally::bound + 5; ++i) {
    event.space = model::SpaceId{i};
    tally.fault(event, samples::fault_reading());
  }
  event.space = model::SpaceId{0}; // known already: still counted as its own
  tally.fault(event, samples::fault_reading());
  CHECK(tally.busiest().size() == report::Tally::bound);
  CHECK(tally.busiest().front().total() == 2);
  CHECK(tally.other_faults() == 5);
}

TEST_CASE("severities are counted without possible findings") {
  report::Tally tally;
  model::Finding finding = samples::spill();
  tally.finding(finding);
  finding.confidence = model::Confidence::possible;
  tally.finding(finding);
  CHECK(tally.severities().at(model::Severity::high) == 1);
  tally.finding(samples::swapped());
  CHECK(tally.severities().begin()->first == model::Severity::critical); // the worst first
}
