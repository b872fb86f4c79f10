#include "report/results.hpp"

#include "ci_outputs.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using namespace report;

TEST_CASE("findings without places are one result for each kind and program") {
  Results results;
  Context context;
  context.process.exe = "/usr/bin/one";
  results.add(samples::spill(), context);
  results.add(samples::spill(), context);
  context.process.exe = "/usr/bin/two";
  results.add(samples::spill(), context);
  context.process.exe.reset(); // then it is the comm
  results.add(samples::swapped(), context);
  const auto ranked = results.ranked();
  REQUIRE(ranked.size() == 3);
  CHECK(ranked[0]->kind == model::Kind::swapped);
  CHECK(ranked[0]->program == "demo");
  CHECK(ranked[1]->program == "one");
  CHECK(ranked[1]->count == 2);
  CHECK(result_key(samples::spill(), {}) == "spill demo");
}

TEST_CASE("suppressed findings are apart, and last") {
  Results results;
  Context context = ci_outputs::grouped(samples::swapped());
  context.suppressed_by = "known";
  results.add(samples::swapped(), context);
  context.suppressed_by.reset();
  results.add(samples::swapped(), context);
  results.add(samples::spill(), ci_outputs::grouped(samples::spill()));
  const auto ranked = results.ranked();
  REQUIRE(ranked.size() == 3);
  CHECK_FALSE(ranked[0]->suppressed_by);
  CHECK(ranked[2]->suppressed_by == "known");
}

TEST_CASE("the worst severity and the best confidence of a group stand for it") {
  Results results;
  const Context context = ci_outputs::grouped(samples::spill());
  model::Finding finding = samples::spill();
  finding.severity = model::Severity::low;
  finding.confidence = model::Confidence::verified;
  results.add(finding, context);
  finding.severity = model::Severity::high;
  finding.confidence = model::Confidence::modelled;
  results.add(finding, context);
  CHECK(results.ranked()[0]->severity == model::Severity::high);
  CHECK(results.ranked()[0]->confidence == model::Confidence::verified);
}

TEST_CASE("results and their stacks are bounded") {
  Results results;
  Context context;
  context.call_stack.resize(100);
  for (std::uint64_t i = 0; i < Results::bound + 7; ++i) {
    context.group = GroupId{i};
    results.add(samples::spill(), context);
  }
  CHECK(results.ranked().size() == Results::bound);
  CHECK(results.left_out() == 7);
  CHECK(results.ranked()[0]->call_stack.size() == Results::frames_kept);
}

TEST_CASE("headlines") {
  Results results;
  results.add(samples::lock_failed(), {});
  CHECK(headline(*results.ranked()[0]) == "demo: mlock asked for locked memory and did not get it");
}
