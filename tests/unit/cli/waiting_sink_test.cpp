#include "cli/waiting_sink.hpp"
#include "listening.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using cli::spill;
using cli::StackNames;
using cli::WaitingSink;
using model::StackId;

namespace {

struct Waiting {
  explicit Waiting(WaitingSink::Hooks hooks = {}) : sink(heard, names, std::move(hooks)) {
    for (std::uint64_t n = 1; n <= 4; ++n) names.add(StackId{n}, {0x1000 * n});
  }
  void give(const model::Finding& finding) { sink.finding(finding, {}); }

  cli::Listening heard;
  StackNames names;
  WaitingSink sink;
};

} // namespace

TEST_CASE("a finding whose stacks have names, or that has none, does not wait") {
  Waiting waiting;
  waiting.names.decide(StackId{1}, cli::place("wipe"));
  waiting.names.decide(StackId{2}, cli::place("load"));
  waiting.give(spill(1, 1, 2));
  waiting.give(spill(2, 0, 0));
  waiting.give(spill(3, 77, 0)); // never seen: nobody will name it
  REQUIRE(waiting.heard.findings.size() == 3);
  CHECK(waiting.heard.findings[0].context.call_stack == cli::place("wipe"));
  CHECK(waiting.heard.findings[0].context.victim_stack == cli::place("load"));
  CHECK(waiting.heard.findings[2].context.call_stack.empty());
  CHECK(waiting.sink.empty());
}

TEST_CASE("what comes behind a finding that waits, waits too, and keeps its order") {
  Waiting waiting;
  waiting.sink.call({}, {});
  waiting.give(spill(1, 1, 2));
  waiting.sink.call({}, {});
  waiting.sink.exposure({.finding = model::FindingId{1}});
  waiting.sink.fault({}, {});
  waiting.sink.lost({});
  waiting.give(spill(2, 3, 0));
  waiting.give(spill(3, 0, 0));
  CHECK(waiting.heard.order == "call ");
  waiting.names.decide(StackId{3}, cli::place("other")); // not its turn
  waiting.names.decide(StackId{1}, cli::place("wipe"));
  CHECK(waiting.heard.order == "call ");
  waiting.names.decide(StackId{2}, {});
  CHECK(waiting.heard.order == "call finding1 call exposure1 fault lost finding2 finding3 ");
  REQUIRE(waiting.heard.findings[0].context.victim_stack.size() == 1);
  CHECK(waiting.heard.findings[0].context.victim_stack[0].addr == 0x2000);
}

TEST_CASE("the names are asked for, each that is missing") {
  std::vector<StackId> wanted;
  Waiting waiting({.want = [&](StackId stack) { wanted.push_back(stack); }});
  waiting.names.decide(StackId{2}, {});
  waiting.give(spill(1, 1, 2));
  CHECK(wanted == std::vector{StackId{1}});
}

TEST_CASE("who has waited too long goes on without, and stays without") {
  model::Time now = 100;
  std::vector<StackId> given_up;
  Waiting waiting(
      {.give_up = [&](StackId stack) { given_up.push_back(stack); }, .now = [&] { return now; }});
  waiting.give(spill(1, 1, 2));
  now = 200;
  waiting.give(spill(2, 3, 0));
  waiting.sink.release_older(100);
  CHECK(waiting.heard.order.empty());
  waiting.sink.release_older(150);
  CHECK(waiting.heard.order == "finding1 ");
  CHECK(given_up == std::vector{StackId{1}, StackId{2}});
  waiting.names.decide(StackId{1}, cli::place("late"));
  waiting.give(spill(3, 1, 0));
  waiting.sink.summary({});
  CHECK(waiting.heard.order == "finding1 finding2 finding3 summary ");
  CHECK_FALSE(waiting.heard.findings[2].context.call_stack[0].symbol);
}

TEST_CASE("no more than a bounded number of things wait") {
  Waiting waiting;
  waiting.give(spill(1, 1, 0));
  waiting.give(spill(2, 2, 0));
  for (std::size_t n = 2; n < WaitingSink::most - 1; ++n) waiting.sink.call({}, {});
  CHECK(waiting.heard.findings.empty());
  waiting.sink.call({}, {});
  CHECK(waiting.heard.findings.size() == 1);
}

TEST_CASE("a stack that is forgotten while a finding waits holds nothing up") {
  Waiting waiting;
  waiting.give(spill(1, 1, 0));
  for (std::uint64_t n = 5; n <= StackNames::most + 1; ++n) waiting.names.add(StackId{n}, {n});
  CHECK(waiting.heard.order == "finding1 ");
}
