#include "report/groups.hpp"

#include "places.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using namespace report;

namespace {

model::Finding at(std::uint64_t id, model::Time time) {
  model::Finding finding = samples::spill();
  finding.id = model::FindingId{id};
  finding.call.time = time;
  return finding;
}

} // namespace

TEST_CASE("a group is its kind and its two places") {
  const auto id = group_of(samples::spill(), places::context());
  REQUIRE(id);
  // A promise: baselines of code scanning hold it.
  CHECK(group_text(*id) == "cad5f9b5a8f17a37");
  model::Finding other = samples::spill();
  other.kind = model::Kind::nested;
  CHECK(group_of(other, places::context()) != id);
  Context context = places::context();
  context.victim_stack[1].offset = 0x21;
  CHECK(group_of(samples::spill(), context) != id);
  std::swap(context.call_stack, context.victim_stack);
  CHECK(group_of(samples::spill(), context) != id);
}

TEST_CASE("addresses, paths and callers make no difference") {
  Context context = places::context();
  for (model::Frame& frame : context.call_stack) frame.addr += 0x1000;
  context.call_stack[1].module = "/other/libkeys.so.1";
  context.call_stack.resize(2);
  CHECK(group_of(samples::spill(), context) == group_of(samples::spill(), places::context()));
}

TEST_CASE("there is no group without the places that it needs") {
  Context context = places::context();
  context.victim_stack.clear();
  CHECK_FALSE(group_of(samples::spill(), context));
  CHECK(group_of(samples::lock_failed(), context));
  CHECK(group_of(samples::forked(), context));
  CHECK_FALSE(group_of(samples::swapped(), context));
  context = places::context();
  context.call_stack.clear();
  CHECK_FALSE(group_of(samples::lock_failed(), context));
}

TEST_CASE("the claims of a fork are many, and none of them tells the group") {
  Context context = places::context();
  const auto id = group_of(samples::forked(), context);
  context.victim_stack = places::unlocking();
  CHECK(group_of(samples::forked(), context) == id);
}

TEST_CASE("groups are counted") {
  Groups groups;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Context context = places::context();
    groups.assign(at(i, 100 - i), context);
    CHECK(context.nth == i);
    CHECK(context.group == group_of(samples::spill(), places::context()));
  }
  const auto ranked = groups.ranked();
  REQUIRE(ranked.size() == 1);
  CHECK(ranked[0].findings == 3);
  CHECK(ranked[0].count == 3);
  CHECK(ranked[0].bytes == 96);
  CHECK(ranked[0].first == 97);
  CHECK(ranked[0].last == 99);
  CHECK(ranked[0].example == model::FindingId{1});
  CHECK(ranked[0].comm == samples::comm("demo"));
  CHECK(ranked[0].call_place == places::unlocking()[1]);
  CHECK(ranked[0].victim_place == places::locking()[1]);
}

TEST_CASE("a failure counts all that it stands for") {
  Groups groups;
  Context context = places::context();
  groups.assign(samples::lock_failed(), context);
  REQUIRE(groups.ranked().size() == 1);
  CHECK(groups.ranked()[0].count == 117);
  CHECK(groups.ranked()[0].findings == 1);
  CHECK_FALSE(groups.ranked()[0].victim_place);
}

TEST_CASE("the worst come first, then the most frequent; suppressed ones are left out") {
  Groups groups;
  const auto add = [&](model::Kind kind, model::Severity severity, int times, bool hidden) {
    model::Finding finding = samples::spill();
    finding.kind = kind;
    finding.severity = severity;
    for (int i = 0; i < times; ++i) {
      Context context = places::context();
      if (hidden) context.suppressed_by = "known";
      groups.assign(finding, context);
    }
  };
  add(model::Kind::stacked, model::Severity::medium, 9, false);
  add(model::Kind::spill, model::Severity::high, 1, false);
  add(model::Kind::nested, model::Severity::high, 2, false);
  add(model::Kind::self_spill, model::Severity::critical, 5, true);
  std::vector<model::Kind> kinds;
  for (const Group& group : groups.ranked()) kinds.push_back(group.kind);
  CHECK(kinds == std::vector{model::Kind::nested, model::Kind::spill, model::Kind::stacked});
}

TEST_CASE("findings without places and groups beyond the bound are counted") {
  Groups groups;
  Context nothing;
  groups.assign(samples::spill(), nothing);
  CHECK(groups.without_group() == 1);
  CHECK_FALSE(nothing.group);
  for (std::size_t i = 0; i < Groups::bound + 10; ++i) {
    Context context = places::context();
    context.call_stack[1].offset = i;
    groups.assign(samples::spill(), context);
    CHECK(context.nth == 1);
    CHECK(context.group.has_value());
  }
  CHECK(groups.ranked().size() == Groups::bound);
  CHECK(groups.others() == 10);
}
