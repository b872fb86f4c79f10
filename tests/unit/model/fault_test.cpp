// Page faults, as they are read.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

TEST_CASE("a fault on a page that is neither locked nor exposed is not given out") {
  Story story = exposed();
  story.fault(p + page).fault(q).lock(p + 3 * page, 8).unlock(p + 3 * page, 8).fault(p + 3 * page);
  CHECK(story.told().empty());
  CHECK(story.totals().locked_faults.minor == 0);
  CHECK(story.totals().exposed_faults.minor == 0);
}

TEST_CASE("a fault on a locked page tells whose it is") {
  Story story;
  story.lock(p + 100, page).fault(p + 8);
  CHECK(story.told() == Lines{"fault p+8 locked unknown of [p+100,p+4196)"});
  const FaultReading& reading = story.out.faults.at(0);
  CHECK(reading.where == FaultReading::Where::locked);
  CHECK(reading.applied == PageRange{p, p + 2 * page});
}

TEST_CASE("of several claims on a page, the newest is told") {
  Story story;
  story.lock(p + 100, 8).lock(p + 50, 8).lock(p, 2 * page).lock(p + page, 8).fault(p + 100);
  CHECK(story.told() == Lines{"fault p+100 locked unknown of [p,p+8192)"});
}

TEST_CASE("a fault on an exposed page is told as that, with the newest claim there") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lock(p + 200, 8).unlock(p, 32).told();
  story.fault(p + 3000);
  CHECK(story.told() == Lines{"fault p+3000 exposed unknown of [p+200,p+208)"});
}

TEST_CASE("a page that mlockall locked may have no claim") {
  Story story;
  story.lock_all().fault(p);
  CHECK(story.told() == Lines{"fault p locked unknown"});
  CHECK_FALSE(story.out.faults.at(0).applied);
  story.unlock(p, 8).told();
  story.fault(p);
  CHECK(story.told() == Lines{"fault p exposed unknown"});
}

TEST_CASE("an absent page that is locked is touched for the first time") {
  Story story;
  story.lock2(p, 32).fault(p, {.present = false});
  CHECK(story.told() == Lines{"fault p locked first-touch of [p,p+32)"});
}

TEST_CASE("a write to a page that is there is to one that a child shares") {
  Story story;
  story.lock(p, 32).fork().fault(p, {.write = true, .present = true});
  CHECK(story.told() == Lines{"fault p locked copy-on-write of [p,p+32)"});
  story.fault(p, {.present = true}); // a read that was not allowed
  CHECK(story.told() == Lines{"fault p locked unknown of [p,p+32)"});
}

TEST_CASE("an exposed page can be copied on write, too") {
  Story story = exposed();
  story.fork().fault(p, {.write = true, .present = true});
  CHECK(story.told() == Lines{"fault p exposed copy-on-write of [p+100,p+132)"});
}

TEST_CASE("why a page was absent that is exposed is not known, unless it was seen in swap") {
  Story story = exposed();
  story.fault(p, {.present = false});
  CHECK(story.told() == Lines{"fault p exposed unknown of [p+100,p+132)"});
  story.swap(p).told();
  story.fault(p, {.present = false});
  CHECK(story.told() == Lines{"fault p exposed swap-in of [p+100,p+132)"});
}

TEST_CASE("if it is not known whether a page was there, the cause is not") {
  Story story = exposed();
  story.swap(p).told();
  story.fault(p, {.write = true});
  CHECK(story.told() == Lines{"fault p exposed unknown of [p+100,p+132)"});
}

TEST_CASE("faults are counted by what they fell into and whether they waited for a disk") {
  Story story = exposed();
  story.lock(p + page, 8);
  story.fault(p).fault(p, {.major = true}).fault(p, {.major = true});
  story.fault(p + page).fault(p + page).fault(p + page, {.major = true});
  story.fault(p + 2 * page, {.major = true});
  const Totals& totals = story.totals();
  CHECK(totals.exposed_faults.minor == 1);
  CHECK(totals.exposed_faults.major == 2);
  CHECK(totals.locked_faults.minor == 2);
  CHECK(totals.locked_faults.major == 1);
  CHECK(totals.events == 4 + 7);
}

TEST_CASE("a fault in a child of fork is not one on its parent's pages") {
  Story story;
  story.lock(p, 32).fork().in_child().fault(p);
  CHECK(story.told().empty());
  story.lock(p, 8).fault(p);
  CHECK(story.told() == Lines{"fault p locked unknown of [p,p+8)"});
}

TEST_CASE("a fault on the last page of the address space is none of ours") {
  Story story;
  story.lock_all().fault(~Address{0}, {.major = true, .from_swap = true});
  CHECK(story.told().empty());
}

TEST_CASE("a claim that moved is told with the pages where it lies now") {
  Story story;
  story.lock(p, 32).remap(p, page, page, q).fault(q);
  CHECK(story.told() == Lines{"fault q locked unknown of [p,p+32)"});
  CHECK(story.out.faults.at(0).applied == PageRange{q, q + page});
}
