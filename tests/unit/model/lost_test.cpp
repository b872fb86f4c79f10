// After a loss no more is claimed than is known.
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

TEST_CASE("lost events are counted, told and leave no claim of their address space") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lose().lock(p + 200, 8).told();
  story.lock(p + 8192, 8);
  CHECK(story.told() == Lines{"lost 1"});
  CHECK(story.out.losses.front().cause == "ring buffer full");
  CHECK(story.totals().lost == 1);
  CHECK(story.totals().lost_in_ring == 1);
  CHECK(story.totals().claims == 1);
  CHECK(story.out.asked.size() == 1);
  CHECK(story.model().calls_seen(story.space()) == 4);
  story.unlock(p, 32); // whose bytes lie beside, nobody knows any more
  CHECK(story.told() == Lines{"spill high possible [p+32,p+4096) of unknown"});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("claims made after a loss are judged") {
  Story story;
  story.lock(p, 8).lose().lock(p, 8).lock(p, 32).lock(p + 100, 32).told();
  story.unlock(p, 32);
  CHECK(story.told().front() == "spill high verified [p+100,p+132) of mlock [p+100,p+132)");
}

TEST_CASE("an open exposure survives a loss until its page is locked or gone") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).lose().lock(p + 8192, 8).told();
  story.unlock(p + 100, 32);
  CHECK(story.told() == Lines{"lost 1"}); // its owner is not known any more
  story.lock(p, 8);
  CHECK(story.told() == Lines{"closed 1 relocked 32"});
}

TEST_CASE("a snapshot after a loss fits when all calls are accounted for") {
  Story story;
  story.lock(p, 8).lose().lock(p + 4096, 8).lock(p + 8192, 8).snapshot();
  CHECK(story.out.asked.size() == 1);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 12288}});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a snapshot can be the first to tell of a loss") {
  Story story;
  story.lock(p, 8).lose().lock(p + 4096, 8).told();
  story.snapshot();
  CHECK(story.told() == Lines{"lost 1"});
  CHECK(story.totals().lost == 1);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 8192}});
  story.unlock(p + 4096, 8);
  CHECK(story.totals().lost == 1);
}

TEST_CASE("a loss that nobody can attribute makes every model partial") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).fork().in_child().lock(p, 8).told();
  story.model().handle(LostEvent{3, story.now, "per-cpu buffer full"});
  CHECK(story.told() == Lines{"lost 3"});
  CHECK(story.totals().lost == 3);
  CHECK(story.totals().claims == 0);
  CHECK(story.out.asked == std::vector<SpaceId>{SpaceId{1}, SpaceId{2}});
}

TEST_CASE("what the ring buffer had no room for is counted apart") {
  Story story;
  story.lock(p, 8);
  story.model().handle(LostEvent{.count = 3, .time = story.now, .cause = "damaged"});
  story.model().handle(LostEvent{.count = 2, .time = story.now, .cause = "full", .in_ring = true});
  story.lose().lock(p, 8).lock(p, 8);
  CHECK(story.totals().lost == 6);
  CHECK(story.totals().lost_in_ring == 3);
}

TEST_CASE("a loss that names its address space leaves the others alone") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).fork().in_child().lock(p, 32).lock(p + 100, 32).told();
  story.model().handle(
      LostEvent{.count = 1, .time = story.now, .cause = "damaged", .space = story.space()});
  CHECK(story.out.asked == std::vector<SpaceId>{SpaceId{2}});
  CHECK(story.totals().claims == 2);
  CHECK(story.model().calls_seen(SpaceId{2}) == 3); // a snapshot counts it
  story.in_parent().unlock(p, 32);
  CHECK(story.told() ==
        Lines{"lost 1", "spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
}

TEST_CASE("a model that begins with a loss is not complete") {
  Story story;
  story.model().handle(
      LostEvent{.count = 1, .time = story.now, .cause = "damaged", .space = story.space()});
  CHECK(story.out.asked.empty()); // of which process, the next call tells
  story.lock(p, 8);
  CHECK(story.out.asked == std::vector<SpaceId>{story.space()});
}

TEST_CASE("a harmless loss is counted and told, and nothing is forgotten") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).told();
  story.lost(5, {.harmless = true}).lost(2, {.in_ring = true, .harmless = true});
  story.lost(1, {.harmless = true, .space = SpaceId{1}})
      .lost(1, {.harmless = true, .space = SpaceId{9}});
  CHECK(story.told() == Lines{"lost 5", "lost 2", "lost 1", "lost 1"});
  CHECK(story.totals().lost == 9);
  CHECK(story.totals().lost_in_ring == 2);
  CHECK(story.totals().claims == 2);
  CHECK(story.totals().address_spaces == 1);
  CHECK(story.out.asked.empty());
  CHECK(story.model().calls_seen(SpaceId{1}) == 2);
  story.unlock(p, 32);
  CHECK(story.told() == Lines{"spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
}
