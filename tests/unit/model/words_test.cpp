// The words are promises: scripts depend on them.
#include "model/words.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

TEST_CASE("every value has its word") {
  CHECK(word(Call::mlock) == "mlock");
  CHECK(word(Call::shmdt) == "shmdt");
  CHECK(word(Call::fork) == "fork");
  CHECK(word(Kind::self_spill) == "self-spill");
  CHECK(word(Kind::lockall_hole) == "lockall-hole");
  CHECK(word(Kind::lock_failed) == "lock-failed");
  CHECK(word(Kind::fork) == "fork");
  CHECK(word(Kind::swapped) == "swapped");
  CHECK(word(Severity::critical) == "critical");
  CHECK(word(Confidence::modelled) == "modelled");
  CHECK(word(Closed::unlocked_all) == "unlocked-all");
  CHECK(word(Closed::open) == "open");
  CHECK(word(KernelWord::Locked::some) == "some");
}

TEST_CASE("totals count calls, events and address spaces") {
  Story story;
  story.lock(p, 8).lock(p, 8).unlock(p, 8).fork().in_child().lock(p, 8).end();
  CHECK(story.totals().calls.at(Call::mlock) == 3);
  CHECK(story.totals().calls.at(Call::munlock) == 1);
  CHECK(story.totals().events == 6);
  CHECK(story.model().address_spaces() ==
        std::vector<std::pair<SpaceId, std::uint32_t>>{{SpaceId{1}, 100}});
}
