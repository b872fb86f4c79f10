#include "metrics/names.hpp"

#include "support/catch.hpp"

#include <set>
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

TEST_CASE("a name that comes back and is clearly busier takes the place of the least busy one") {
  Names names = full({"busy", "quiet"});
  names.note("busy", 100, second);
  names.note("newcomer", 10, second);

  SECTION("but not at its first rotation: it may be gone for ever") {
    CHECK(names.rotate(Names::tenure + second).empty());
  }
  SECTION("nor before the other one has had it for a minute") {
    CHECK(names.rotate(10 * second).empty());
    names.note("newcomer", 1, 20 * second);
    CHECK(names.rotate(20 * second).empty());
  }
  SECTION("and then the counts are to be moved") {
    CHECK(names.rotate(10 * second).empty());
    names.note("newcomer", 1, 20 * second);
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
  Names names(8);
  names.note("one", 1, second);
  names.note("two", 1, second);
  names.note("two", 1, 300 * second);
  CHECK(names.rotate(second + Names::quiet_time) == std::vector<Names::Place>{1});
  CHECK(names.used() == 1);

  SECTION("and comes back only when its series is forgotten") {
    const auto folded = second + Names::quiet_time;
    CHECK(names.note("one", 1, folded + Names::forgetting_time - 1) == Names::other);
    CHECK(names.note("one", 1, folded + Names::forgetting_time) == 1);
  }
}

TEST_CASE("a rotation is due every ten seconds") {
  Names names(1);
  CHECK(names.rotation_due(100 * second));
  static_cast<void>(names.rotate(100 * second));
  CHECK_FALSE(names.rotation_due(109 * second));
  CHECK(names.rotation_due(110 * second));
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

// What Prometheus keeps is all series that ever were.
TEST_CASE("a day of names that are used once gives few of them a place") {
  constexpr std::size_t limit = 100;
  Names names(limit);
  std::set<std::string> seen;
  auto now = second;
  for (int i = 0; i < 24 * 3600; ++i, now += second) {
    const std::string name = std::to_string(i);
    if (names.note(name, 1, now) != Names::other) seen.insert(name);
    if (!names.rotation_due(now)) continue;
    static_cast<void>(names.rotate(now));
    for (Names::Place place = 1; place <= limit; ++place)
      if (const auto& holder = names.name_at(place)) seen.insert(*holder);
  }
  CHECK(seen.size() >= limit);
  CHECK(seen.size() <= limit * 26);
}

TEST_CASE("a program that runs twice an hour has a place every time, for months") {
  Names names(100);
  auto now = second;
  for (int run = 0; run < 5000; ++run, now += 1800 * second) {
    CHECK(names.note("backup", 1, now) != Names::other);
    static_cast<void>(names.rotate(now + Names::quiet_time));
  }
}
