// How exposures end.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

TEST_CASE("an exposure closes as released when its owner unlocks") {
  Story story = exposed();
  story.unlock(p + 100, 32);
  CHECK(story.told() == Lines{"closed 1 released 32"});
  const Exposure& exposure = story.out.exposures.front();
  CHECK(exposure.ended > exposure.opened);
  CHECK(exposure.pid == 100);
  CHECK(story.totals().exposures == 0);
}

TEST_CASE("an exposure closes as relocked when anyone locks its page") {
  Story story = exposed();
  story.lock(p + 200, 32);
  CHECK(story.told() == Lines{"closed 1 relocked 32"});
}

TEST_CASE("an exposure closes as unmapped with its mapping") {
  Story story = exposed();
  story.unmap(p, 4096);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
}

TEST_CASE("an exposure closes as unlocked-all by munlockall") {
  Story story = exposed();
  story.unlock_all();
  CHECK(story.told() == Lines{"closed 1 unlocked-all 32"});
  CHECK(story.totals().claims == 0);
}

TEST_CASE("an exposure closes as ended with the address space") {
  Story story = exposed();
  story.end();
  CHECK(story.told() == Lines{"closed 1 ended 32"});
  CHECK(story.totals().address_spaces == 0);
  CHECK(story.totals().claims == 0);
}

TEST_CASE("an exposure is open when tracing ends") {
  Story story = exposed();
  story.finish();
  CHECK(story.told() == Lines{"closed 1 open 32"});
}

TEST_CASE("mlockall relocks everything") {
  Story story = exposed();
  story.lock_all();
  CHECK(story.told() == Lines{"closed 1 relocked 32"});
}

TEST_CASE("an exposure whose bytes go different ways closes with the last, as it was opened") {
  Story story;
  story.lock(p, 8192).lock(p + 8000, 8).unlock(p + 8000, 8).told();
  // [p+4096,p+8192) is exposed. First the end of it is released, then the rest is unmapped.
  story.unlock(p + 8096, 96);
  CHECK(story.told().empty());
  story.unmap(p + 4096, 4096);
  CHECK(story.told() == Lines{"closed 1 unmapped 4096"});
}

TEST_CASE("bytes that are exposed again open a new exposure") {
  Story story = exposed();
  story.lock(p, 32).unlock(p, 32);
  CHECK(story.told() ==
        Lines{"closed 1 relocked 32", "spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
}

TEST_CASE("a release by another claim's owner leaves the exposure open") {
  Story story;
  story.lock(p, 64).lock(p, 64).unlock(p, 64).told();
  story.lock(p + 4096, 8).unlock(p + 4096, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().exposures == 1);
}
