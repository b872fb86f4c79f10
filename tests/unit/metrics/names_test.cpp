#include "metrics/names.hpp"

#include "support/catch.hpp"

#include <string>

using mlockscope::metrics::Busyness;
using mlockscope::metrics::Names;

namespace {

constexpr auto second = Names::second;

/// Everybody holds a place and is noted once.
Names full(std::initializer_list<const char*> names) {
  Names table(names.size());
  for (const char* name : names) table.note(name, 1, second);
  return table;
}

} // namespace

TEST_CASE("what a name did is worth half after a minute") {
  Busyness busyness;
  busyness.add(8, 10 * second);
  CHECK(busyness.at(10 * second) == 8);
  CHECK(busyness.at(70 * second) == Approx(4));
  busyness.add(1, 70 * second);
  CHECK(busyness.at(70 * second) == Approx(5));
}

TEST_CASE("names take places while there are any, the rest is other") {
  Names names(2);
  CHECK(names.note("a", 1, second) == 1);
  CHECK(names.note("b", 1, second) == 2);
  CHECK(names.note("c", 1, second) == Names::other);
  CHECK(names.note("a", 1, second) == 1);
  CHECK(names.place_of("b") == 2);
  CHECK(names.place_of("c") == Names::other);
  CHECK(names.used() == 2);
}

TEST_CASE("with no places everything is other") {
  Names names(0);
  for (int i = 0; i < 1000; ++i) CHECK(names.note(std::to_string(i), 1, second) == Names::other);
  CHECK(names.rotate(2 * second).empty());
}

TEST_CASE("a name that is clearly busier takes the place of the least busy one") {
  Names names = full({"busy", "quiet"});
  names.note("busy", 100, second);
  names.note("newcomer", 10, second);

  SECTION("but not before the other one has had it for a minute") {
    CHECK(names.rotate(30 * second).empty());
  }
  SECTION("and its counts are to be moved") {
    CHECK(names.rotate(Names::tenure + second) == std::vector<Names::Place>{2});
    CHECK(names.place_of("newcomer") == 2);
    CHECK(names.place_of("quiet") == Names::other);
    CHECK(names.place_of("busy") == 1);
    CHECK(names.folds() == 1);
  }
}

TEST_CASE("two names that are alike do not take turns") {
  Names names = full({"one"});
  for (int minute = 1; minute < 100; ++minute) {
    const auto now = second + minute * Names::tenure;
    names.note("one", 10, now);
    names.note("two", 11, now);
    CHECK(names.rotate(now).empty());
  }
}

TEST_CASE("a name that has not been heard of for ten minutes gives its place up") {
  Names names = full({"one", "two"});
  names.note("two", 1, 300 * second);
  CHECK(names.rotate(second + Names::quiet_time) == std::vector<Names::Place>{1});
  CHECK(names.used() == 1);

  SECTION("and comes back only when its series is forgotten") {
    const auto folded = second + Names::quiet_time;
    CHECK(names.note("one", 1, folded + Names::forgetting_time - 1) == Names::other);
    CHECK(names.note("one", 1, folded + Names::forgetting_time) == 1);
  }
  SECTION("and another one takes it at once") {
    CHECK(names.note("three", 1, second + Names::quiet_time) == 1);
  }
}

TEST_CASE("among a flood of names that are heard of once, those that come back are seen") {
  Names names(4);
  auto now = second;
  for (int i = 0; i < 4; ++i) names.note("early" + std::to_string(i), 1, now);
  for (int i = 0; i < 20'000; ++i) {
    now += second / 50;
    names.note("flood" + std::to_string(i), 1, now);
    if (i % 10 == 0) names.note("regular", 1, now);
    if (i % 500 == 0) static_cast<void>(names.rotate(now));
  }
  CHECK(names.place_of("regular") != Names::other);
  CHECK(names.used() <= 4);
}
