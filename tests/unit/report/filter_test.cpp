#include "report/finding_filter.hpp"
#include "report/tally.hpp"

#include "samples.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using report::FindingFilter;

TEST_CASE("without wishes everything but the possible is shown") {
  FindingFilter filter;
  model::Finding finding = samples::spill();
  CHECK(filter.passes(finding));
  CHECK(filter.passes(samples::exposure()));
  finding.confidence = model::Confidence::possible;
  CHECK_FALSE(filter.passes(finding));
  CHECK(filter.hidden() == 0);
  FindingFilter all({.kinds = {}, .min_severity = model::Severity::low, .show_possible = true});
  CHECK(all.passes(finding));
}

TEST_CASE("kinds and severities are kept apart") {
  FindingFilter filter({.kinds = {model::Kind::spill, model::Kind::nested},
                        .min_severity = model::Severity::high,
                        .show_possible = false});
  model::Finding finding = samples::spill();
  CHECK(filter.passes(finding));
  finding.severity = model::Severity::medium;
  CHECK_FALSE(filter.passes(finding));
  CHECK_FALSE(filter.passes(samples::lock_failed()));
  CHECK(filter.hidden() == 2);
}

TEST_CASE("the exposure of a finding that was not shown is not shown") {
  FindingFilter filter({.kinds = {model::Kind::nested},
                        .min_severity = model::Severity::low,
                        .show_possible = false});
  CHECK_FALSE(filter.passes(samples::spill()));
  model::Exposure other = samples::exposure();
  other.finding = model::FindingId{9};
  CHECK(filter.passes(other));
  CHECK_FALSE(filter.passes(samples::exposure()));
}

TEST_CASE("what opens no exposure is not waited for") {
  FindingFilter filter;
  model::Finding finding = samples::spill();
  finding.confidence = model::Confidence::possible;
  CHECK_FALSE(filter.passes(finding));
  CHECK(filter.passes(samples::exposure())); // nothing was remembered under its number
}

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

TEST_CASE("severities are counted without possible findings") {
  report::Tally tally;
  model::Finding finding = samples::spill();
  tally.finding(finding);
  finding.confidence = model::Confidence::possible;
  tally.finding(finding);
  CHECK(tally.severities().at(model::Severity::high) == 1);
}
