#include "cli/fan_out.hpp"
#include "listening.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using cli::FanOut;
using cli::spill;

namespace {

constexpr const char* entry = R"({
  name: known
  kind: spill
  unlocked-by: fun:wipe
}
{
  name: never
  comm: nobody
}
)";

struct Fanned {
  Fanned() : out(suppressions()) {
    auto sink = std::make_unique<cli::Listening>(), file = std::make_unique<cli::Listening>();
    screen = sink.get();
    report = file.get();
    out.add(std::move(sink), FanOut::Suppressed::left_out);
    out.add(std::move(file), FanOut::Suppressed::handed_on);
  }
  static report::Suppressions suppressions() {
    report::Suppressions all;
    REQUIRE(all.add(entry, "test.supp").ok());
    return all;
  }
  void give(model::Finding finding, const char* by) {
    out.finding(finding, {.call_stack = cli::place(by), .victim_stack = cli::place("load")});
  }
  FanOut out;
  cli::Listening* screen;
  cli::Listening* report;
};

} // namespace

TEST_CASE("a suppressed finding is left out, and marked where it is not") {
  Fanned fanned;
  std::vector<model::FindingId> told;
  fanned.out.on_finding(
      [&](const model::Finding& finding, const report::Context&) { told.push_back(finding.id); });
  fanned.give(spill(1, 1, 2), "wipe");
  fanned.give(spill(2, 1, 2), "drop");
  fanned.out.exposure({.finding = model::FindingId{1}});
  fanned.out.exposure({.finding = model::FindingId{2}});
  fanned.out.summary({});
  CHECK(fanned.screen->order == "finding2 exposure2 summary ");
  CHECK(fanned.report->order == "finding1 finding2 exposure1 exposure2 summary ");
  CHECK(fanned.report->findings[0].context.suppressed_by == "known");
  CHECK_FALSE(fanned.report->findings[1].context.suppressed_by);
  CHECK(told == std::vector{model::FindingId{2}});
  CHECK(fanned.screen->sums.suppressed == 1);
  REQUIRE(fanned.out.unused().size() == 1);
  CHECK(fanned.out.unused()[0]->label() == "never");
}

TEST_CASE("the worst finding is one that is neither suppressed nor only possible") {
  Fanned fanned;
  fanned.give(spill(1, 1, 2), "wipe");
  CHECK_FALSE(fanned.out.worst());
  model::Finding finding = spill(2, 1, 2);
  finding.confidence = model::Confidence::possible;
  fanned.give(finding, "drop");
  CHECK_FALSE(fanned.out.worst());
  finding.confidence = model::Confidence::modelled;
  finding.severity = model::Severity::medium;
  fanned.give(finding, "drop");
  CHECK(fanned.out.worst() == model::Severity::medium);
}

TEST_CASE("findings of the same two places are one group, counted") {
  Fanned fanned;
  fanned.give(spill(1, 1, 2), "drop");
  fanned.give(spill(2, 1, 2), "drop");
  fanned.give(spill(3, 1, 2), "other");
  fanned.out.summary({});
  const auto& heard = fanned.screen->findings;
  REQUIRE(heard.size() == 3);
  CHECK(heard[0].context.group == heard[1].context.group);
  CHECK(heard[0].context.group != heard[2].context.group);
  CHECK(heard[1].context.nth == 2);
  REQUIRE(fanned.screen->sums.groups.size() == 2);
  const report::Group& worst = fanned.screen->sums.groups[0];
  CHECK(worst.findings == 2);
  CHECK(worst.bytes == 64);
  CHECK(worst.first == 1000);
  CHECK(worst.last == 2000);
}
