#include "cli/stack_names.hpp"
#include "listening.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using cli::StackNames;
using model::StackId;

TEST_CASE("a stack has its addresses until it has names") {
  StackNames names;
  names.add(StackId{1}, {0x10, 0x20});
  const auto name = names.find(StackId{1});
  REQUIRE(name != nullptr);
  CHECK(names.undecided(StackId{1}));
  REQUIRE(name->frames().size() == 2);
  CHECK(name->frames()[1].addr == 0x20);
  CHECK_FALSE(name->frames()[1].symbol);
  names.decide(StackId{1}, cli::place("wipe"));
  CHECK_FALSE(names.undecided(StackId{1}));
  CHECK(name->frames() == cli::place("wipe"));
}

TEST_CASE("the first decision stays") {
  StackNames names;
  int decisions = 0;
  names.on_decided([&] { ++decisions; });
  names.add(StackId{1}, {0x10});
  names.decide(StackId{1}, {});
  names.decide(StackId{1}, cli::place("late"));
  CHECK(decisions == 1);
  REQUIRE(names.find(StackId{1})->frames().size() == 1);
  CHECK(names.find(StackId{1})->frames()[0].addr == 0x10);
  names.add(StackId{1}, {0x99}); // told again
  CHECK(names.find(StackId{1})->frames()[0].addr == 0x10);
}

TEST_CASE("no stack is none, and one that was never seen is unknown") {
  StackNames names;
  names.add(StackId::none, {0x10});
  CHECK(names.find(StackId::none) == nullptr);
  CHECK(names.find(StackId{7}) == nullptr);
  names.decide(StackId{7}, cli::place("nobody"));
  CHECK(names.find(StackId{7}) == nullptr);
}

TEST_CASE("the oldest are forgotten, and who waits for one waits no longer") {
  StackNames names;
  int decisions = 0;
  names.on_decided([&] { ++decisions; });
  names.add(StackId{1}, {0x10});
  const auto oldest = names.find(StackId{1});
  for (std::uint64_t n = 2; n <= StackNames::most; ++n) names.add(StackId{n}, {n});
  CHECK_FALSE(oldest->decided);
  names.add(StackId{StackNames::most + 1}, {1});
  CHECK(oldest->decided);
  CHECK(decisions == 1);
  CHECK(names.find(StackId{1}) == nullptr);
  CHECK(names.find(StackId{2}) != nullptr);
}
