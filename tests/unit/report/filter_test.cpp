#include "report/finding_filter.hpp"

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

TEST_CASE("what lies open by another finding, or in a child, is not waited for") {
  FindingFilter filter({.kinds = {model::Kind::nested},
                        .min_severity = model::Severity::low,
                        .show_possible = false});
  for (const model::Finding& finding :
       {samples::swapped(), samples::forked(), samples::lock_failed()}) {
    CHECK_FALSE(filter.passes(finding));
    model::Exposure exposure = samples::exposure();
    exposure.finding = finding.id;
    CHECK(filter.passes(exposure)); // nothing was remembered under its number
  }
  CHECK(filter.hidden() == 3);
}

TEST_CASE("to hide swapped findings hides no exposure") {
  FindingFilter filter({.kinds = {model::Kind::spill},
                        .min_severity = model::Severity::low,
                        .show_possible = false});
  CHECK(filter.passes(samples::spill()));
  CHECK_FALSE(filter.passes(samples::swapped()));
  CHECK(filter.passes(samples::exposure()));
}

TEST_CASE("what opens no exposure is not waited for") {
  FindingFilter filter;
  model::Finding finding = samples::spill();
  finding.confidence = model::Confidence::possible;
  CHECK_FALSE(filter.passes(finding));
  CHECK(filter.passes(samples::exposure())); // nothing was remembered under its number
}
