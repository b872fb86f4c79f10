// mlockall and its holes.
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

namespace {

constexpr std::uint64_t current = 1;
constexpr std::uint64_t future = 2;

} // namespace

TEST_CASE("an unlock makes a hole in what mlockall covers") {
  Story story;
  story.lock_all(current).lock(p, 32).unlock(p, 32);
  CHECK(story.told() == Lines{"lockall-hole medium verified [p,p+4096) of mlockall"});
  const Victim& victim = *story.out.findings.front().victim;
  CHECK(!victim.request);
  CHECK(victim.call == Call::mlockall);
  CHECK(victim.locked_at);
  CHECK(story.out.findings.front().exposed_bytes == 4096);
}

TEST_CASE("without the kernel's word a hole is modelled") {
  Story story(4096, Story::Words::silent);
  story.lock_all(current).lock(p, 32).unlock(p, 32);
  CHECK(story.told() == Lines{"lockall-hole medium modelled [p,p+4096) of mlockall"});
}

TEST_CASE("a hole and a spill are two findings, the hole last") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lock_all(current).unlock(p, 32);
  CHECK(story.told() == Lines{"spill high verified [p+100,p+132) of mlock [p+100,p+132)",
                              "lockall-hole medium verified [p,p+4096) of mlockall"});
}

TEST_CASE("a hole closes as relocked, and the page stays covered") {
  Story story;
  story.lock_all(current).unlock(p, 32).told();
  story.lock(p, 32);
  CHECK(story.told() == Lines{"closed 1 relocked 4096"});
  story.unlock(p, 32);
  CHECK(story.told() == Lines{"lockall-hole medium verified [p,p+4096) of mlockall"});
}

TEST_CASE("a hole that is unlocked once more is no second hole") {
  Story story;
  story.lock_all(current).unlock(p, 32).unlock(p, 32);
  CHECK(story.told().size() == 1);
  CHECK(story.totals().unlocks_without_lock == 1);
}

TEST_CASE("a hole closes with munmap, munlockall, the end") {
  Story story;
  story.lock_all(current).unlock(p, 1).unlock(p + 4096, 1).unlock(p + 8192, 1).told();
  story.unmap(p, 4096);
  CHECK(story.told() == Lines{"closed 1 unmapped 4096"});
  story.unlock_all();
  CHECK(story.told() == Lines{"closed 2 unlocked-all 4096", "closed 3 unlocked-all 4096"});
}

TEST_CASE("MCL_CURRENT does not cover what is mapped later") {
  Story story;
  story.lock_all(current).map(q, 4096).lock(q, 8).unlock(q, 8);
  CHECK(story.told().empty());
  story.unmap(p, 4096).map(p, 4096).lock(p, 8).unlock(p, 8);
  CHECK(story.told().empty());
}

TEST_CASE("MCL_FUTURE covers what is mapped later and nothing before") {
  Story story;
  story.lock_all(future).lock(p, 8).unlock(p, 8);
  CHECK(story.told().empty());
  story.map(q, 8192).unlock(q, 8);
  CHECK(story.told() == Lines{"lockall-hole medium verified [q,q+4096) of mlockall"});
}

TEST_CASE("MCL_FUTURE covers growth of the heap, of a locked mapping, not of an unlocked one") {
  Story story;
  story.kernel().heap_end = q;
  story.lock_all(future).brk(q + 4096).unlock(q, 8);
  CHECK(story.told() == Lines{"lockall-hole medium verified [q,q+4096) of mlockall"});
  const Address more = q + 65536;
  story.map(more, 4096).remap(more, 4096, 8192, more).unlock(more + 4096, 8);
  CHECK(story.told() == Lines{"lockall-hole medium verified [q+69632,q+73728) of mlockall"});
  story.unmap(p + 4096, 4096).remap(p, 4096, 8192, p).unlock(p, 8192);
  CHECK(story.told().empty());
}

TEST_CASE("mlockall without MCL_FUTURE cancels an earlier one") {
  Story story;
  story.lock_all(future).lock_all(current).map(q, 4096);
  CHECK(!story.model().idle(story.space()));
  story.unlock(q, 8);
  CHECK(story.told().empty());
}

TEST_CASE("what is covered stays covered by a later mlockall(MCL_FUTURE)") {
  Story story;
  story.lock_all(current).lock_all(future).unlock(p, 8);
  CHECK(story.told().size() == 1);
}

TEST_CASE("the victim of a hole is the mlockall that covers the page") {
  Story story;
  story.tid = 1;
  story.lock_all(current | future);
  story.tid = 2;
  story.lock_all(future).map(q, 4096).unlock(q, 1).unlock(p, 1);
  CHECK(story.out.findings.at(0).victim->tid == 2u);
  CHECK(story.out.findings.at(1).victim->tid == 1u);
}

TEST_CASE("a thousand calls of mlockall leave those that cover something") {
  Story story;
  story.tid = 1;
  story.lock_all(current);
  story.tid = 2;
  for (int n = 0; n < 1000; ++n) story.lock_all(future);
  story.tid = 3;
  story.lock_all(future).map(q, 4096).unlock(q, 1).unlock(p, 1);
  CHECK(story.out.findings.at(0).victim->tid == 3u);
  CHECK(story.out.findings.at(1).victim->tid == 1u);
}

TEST_CASE("what mlockall cannot lock is no divergence and no hole") {
  Story story;
  story.map(q, 4096, 0, {.special = true});
  story.lock_all(current | future).unlock(q, 8).snapshot();
  CHECK(story.told().empty());
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a failed mlockall covers nothing") {
  Story story;
  story.refuse(1).lock_all(current).unlock(p, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().unlocks_without_lock == 1);
}

TEST_CASE("munlockall ends all claims without a finding, and MCL_FUTURE") {
  Story story;
  story.lock_all(current | future).lock(p, 32).unlock_all();
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
  CHECK(story.locked().empty());
  CHECK(story.model().idle(story.space()));
  story.map(q, 4096).unlock(q, 8);
  CHECK(story.told().empty());
}

TEST_CASE("a locked stack that grew is no divergence") {
  Story story;
  story.kernel().put(q, 4096, {.grows_down = true});
  story.lock(q, 8);
  story.kernel().put(q - 4096, 4096, {.locked = true, .grows_down = true});
  story.unlock(q - 4096, 8);
  CHECK(story.totals().divergences == 0);
  CHECK(story.told().empty());
}

TEST_CASE("fork leaves the child without locks, claims and MCL_FUTURE") {
  Story story;
  story.lock_all(current | future).fork().in_child();
  CHECK(story.model().idle(story.space()));
  story.in_parent().lock(p, 32).fork().in_child().outlive().told();
  CHECK(story.model().idle(story.space()));
  story.map(q, 4096).unlock(q, 8).unlock(p, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().unlocks_without_lock == 2);
  CHECK(story.totals().address_spaces == 3);
  story.in_parent().unlock(p, 32);
  CHECK(story.told() == Lines{"lockall-hole medium verified [p,p+4096) of mlockall"});
}
