// Address spaces that were there before the tracing, and the kernel's own list.
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

namespace {

/// One page is locked before the tracing begins.
struct Old : Story {
  Old() {
    kernel().put(p, 4096, {.locked = true});
    tweak([](CallEvent& event) { event.born_clean = false; });
  }
};

} // namespace

TEST_CASE("an address space where something was locked before is asked about at once") {
  Old story;
  story.lock(p + 8192, 8);
  CHECK(story.out.asked == std::vector<SpaceId>{story.space()});
  story.lock(p + 8192, 8);
  CHECK(story.out.asked.size() == 1); // and not at every event
  CHECK(!story.model().idle(story.space()));
}

TEST_CASE("an address space whose first event was not seen is asked about") {
  Story story;
  story.tweak([](CallEvent& event) { event.born_clean = false; }).lock(p, 8);
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("one where nothing was locked is not") {
  Story story;
  story.lock(p, 8);
  CHECK(story.out.asked.empty());
}

TEST_CASE("rounding over a page locked before the tracing is a possible spill") {
  Old story;
  story.unlock(p + 100, 50);
  CHECK(story.told() == Lines{"spill high possible [p,p+100) [p+150,p+4096) of unknown"});
  const Finding& finding = story.out.findings.front();
  REQUIRE(finding.victim);
  CHECK(!finding.victim->request);
  CHECK(!finding.victim->tid);
  CHECK(story.totals().possible == 1);
  CHECK(story.totals().findings.empty());
  CHECK(story.totals().exposures == 0);
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("bytes of known claims are not among the possible") {
  Old story;
  story.lock(p + 200, 100).unlock(p + 100, 50);
  CHECK(story.told() ==
        Lines{"spill high verified [p+200,p+300) of mlock [p+200,p+300)",
              "spill high possible [p,p+100) [p+150,p+200) [p+300,p+4096) of unknown"});
}

TEST_CASE("a page of unknown origin moves with its mapping and is forgotten when unlocked") {
  Old story;
  story.lock(p + 8192, 8).snapshot().remap(p, 4096, 4096, q).unlock(q + 1, 1);
  CHECK(story.told() == Lines{"spill high possible [q,q+1) [q+2,q+4096) of unknown"});
  story.lock(q, 8).unlock(q, 8);
  CHECK(story.told().empty());
}

TEST_CASE("a snapshot completes the books: what it shows is locked, by nobody known") {
  Old story;
  story.lock(p + 8192, 8).snapshot();
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}, {p + 8192, p + 12288}});
  CHECK(story.totals().divergences == 0);
  story.unlock(p, 100);
  CHECK(story.told() == Lines{"spill high possible [p+100,p+4096) of unknown"});
}

TEST_CASE("a snapshot ends what partial books hold at addresses that are not mapped") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).lock(p + 8192, 32).lock(p + 16384, 8).told();
  story.overlapped().unlock_all(); // makes them partial
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).lock(p + 8192, 32).lock(p + 16384, 8).told();
  story.kernel().pages.erase(p);
  story.kernel().pages.erase(p + 8192);
  story.snapshot();
  CHECK(story.told() == Lines{"closed 2 unmapped 32"});
  CHECK(story.totals().claims == 1);
  CHECK(story.locked() == std::vector<PageRange>{{p + 16384, p + 20480}});
}

TEST_CASE("a forked child that had locked something before its calls were seen is asked about") {
  Story story;
  story.fork().in_child().tweak([](CallEvent& event) { event.born_clean = false; }).lock(p, 8);
  CHECK(story.out.asked == std::vector<SpaceId>{SpaceId{2}});
}

TEST_CASE("a snapshot of another moment is asked for again") {
  Old story;
  story.lock(p + 8192, 8);
  SnapshotEvent early{.space = story.space(),
                      .pid = 1,
                      .comm = {},
                      .time = 5,
                      .calls_before = 2,
                      .lost = 0,
                      .mappings = {}};
  story.model().handle(early);
  CHECK(story.out.asked.size() == 2);
  story.lock(p + 8192, 8).lock(p + 8192, 8);
  story.model().handle(early);
  CHECK(story.out.asked.size() == 3);
  story.snapshot();
  CHECK(story.out.asked.size() == 3);
  CHECK(story.model().calls_seen(story.space()) == 3);
}

TEST_CASE("a snapshot of an address space nobody has heard of opens its books") {
  Story story;
  story.kernel().put(p, 4096, {.locked = true});
  story.snapshot();
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}});
  story.tweak([](CallEvent& event) { event.born_clean = false; }).unlock(p, 8);
  CHECK(story.told() == Lines{"spill high possible [p+8,p+4096) of unknown"});
  CHECK(story.out.asked.empty());
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a snapshot of one whose calls are still on the way is asked for again") {
  Story story;
  story.model().handle(SnapshotEvent{.space = SpaceId{9},
                                     .pid = 1,
                                     .comm = {},
                                     .time = 5,
                                     .calls_before = 2,
                                     .lost = 0,
                                     .mappings = {}});
  CHECK(story.out.asked == std::vector<SpaceId>{SpaceId{9}});
  CHECK(story.totals().address_spaces == 0);
}

TEST_CASE("a snapshot that agrees changes nothing") {
  Story story;
  story.map(q, 4096, 0, {.special = true}).lock_all(1).unlock(p, 8).told();
  story.snapshot();
  CHECK(story.totals().divergences == 0);
  CHECK(story.told().empty());
}

TEST_CASE("a snapshot that differs is one divergence, and the kernel is right") {
  Story story;
  story.lock(p, 8).lock(p + 8192, 8);
  story.kernel().pages[p].locked = false;
  story.kernel().pages[p + 65536].locked = true;
  story.snapshot();
  CHECK(story.totals().divergences == 1);
  CHECK(story.locked() ==
        std::vector<PageRange>{{p + 8192, p + 12288}, {p + 65536, p + 65536 + 4096}});
  CHECK(story.totals().claims == 2);
}

TEST_CASE("a word at entry that differs is a divergence, corrected before the verdict") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32);
  story.kernel().pages[p].locked = false;
  story.unlock(p, 32);
  CHECK(story.totals().divergences == 1);
  CHECK(story.told().empty());
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("a word at entry is no divergence while calls overlap") {
  Story story;
  story.lock(p, 32);
  story
      .tweak([](CallEvent& event) {
        event.overlapped = true;
        event.before.locked = KernelWord::Locked::none;
      })
      .lock(p, 8);
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a failed call without a word makes the books partial") {
  Story story(4096, Story::Words::silent);
  story.lock(p, 8).refuse(12).unlock(p, 8);
  CHECK(story.out.asked.size() == 1);
  CHECK(story.told().empty());
  story.refuse(1).lock(p, 8); // EPERM: nothing was done, for certain
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("an overlapped call without a word makes the books partial") {
  Story story(4096, Story::Words::silent);
  story.overlapped().lock(p, 8);
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("an overlapped mlockall or munlockall makes the books partial: nothing tells the order") {
  Story story;
  story.overlapped().lock_all();
  CHECK(story.out.asked.size() == 1);
  story.snapshot().overlapped().unlock_all();
  CHECK(story.out.asked.size() == 2);
  story.lock(p, 8).snapshot();
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("of two lock-alls that raced, the list tells whether new mappings are locked") {
  Story story;
  const std::uint64_t future = 2;
  story.lock(p, 8).lock_all(future);
  // The kernel did it before the mlockall, and it is heard of after it.
  story.kernel().future = true;
  story.tweak([](CallEvent& event) {
    event.overlapped = true;
    event.enter = 0;
  });
  auto event = story.kernel().munlockall();
  story.kernel().future = true;
  story.send(event);
  story.map(q, 4096).unlock_all(); // locked, and no memory that stays so
  CHECK(story.locked().empty());
  story.snapshot();
  CHECK(story.totals().divergences == 0);
  CHECK(story.model().idle(story.space()));
}

TEST_CASE("an address space is not idle while an unknown lock-all may take in new mappings") {
  Story story;
  story.kernel().future = true;
  story.tweak([](CallEvent& event) { event.born_clean = false; }).unlock(p, 8).snapshot();
  CHECK(!story.model().idle(story.space()));
  story.map(q, 4096).unlock(q, 4096).unmap(q, 4096).unlock_all().snapshot();
  CHECK(story.model().idle(story.space()));
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a list that tells of another MCL_FUTURE than the books is a divergence") {
  Story story;
  story.lock(p, 8).lock_all(2);
  story.kernel().future = false;
  story.snapshot();
  CHECK(story.totals().divergences == 1);
  story.map(q, 4096).snapshot();
  CHECK(story.totals().divergences == 1);
}

TEST_CASE("after munlockall, nothing is unknown but what the list has") {
  Old story;
  story.unlock_all().snapshot();
  CHECK(story.model().idle(story.space()));
  CHECK(story.locked().empty());
}

TEST_CASE("an address space is idle while calls on mappings cannot matter to it") {
  Story story;
  CHECK(!story.model().idle(story.space()));
  story.unlock(p, 8);
  CHECK(story.model().idle(story.space()));
  story.lock(p, 8);
  CHECK(!story.model().idle(story.space()));
  story.unlock(p, 8);
  CHECK(story.model().idle(story.space()));
  story.lock_all(2);
  CHECK(!story.model().idle(story.space()));
}
