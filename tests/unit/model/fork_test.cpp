// Copies of claimed bytes in children of fork: what is said of them, and when.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

TEST_CASE("a child that lives on with a copy of locked bytes is a finding") {
  Story story = forked();
  story.outlive();
  CHECK(story.told() == Lines{copied});
  CHECK(story.totals().findings.at(Kind::fork) == 1);
  CHECK(story.totals().exposures == 0);
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("it names the fork, who made it, and the bytes in the child") {
  Story story;
  story.tid = 107;
  story.lock(p, 32);
  const Time forked_at = story.now + 1000;
  story.fork().in_child().outlive();
  const Finding& finding = story.out.findings.at(0);
  CHECK(finding.id == FindingId{1});
  CHECK(finding.space == SpaceId{2});
  CHECK(finding.call.call == Call::fork);
  CHECK(finding.call.caller.pid == 100);
  CHECK(finding.call.caller.tid == 107);
  CHECK(finding.call.time == forked_at);
  CHECK(finding.call.ret == 101);
  CHECK_FALSE(finding.call.applied);
  CHECK(finding.exposed_bytes == 32);
  REQUIRE(finding.inherited);
  CHECK(finding.inherited->child_pid == 101);
  CHECK(finding.inherited->claims_in_all == 1);
  CHECK(finding.victim == finding.inherited->claims.at(0));
  CHECK(finding.victim->tid == 107);
}

TEST_CASE("the child's mappings are asked for when its grace time is over, and once") {
  Story story = forked();
  story.wait(grace);
  CHECK(story.out.asked.empty());
  story.wait(1);
  CHECK(story.out.asked == std::vector{SpaceId{2}});
  CHECK(story.told().empty());
  story.wait(grace);
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("any event with a time ends a grace time") {
  Story story = forked();
  story.now += grace;
  story.in_parent().lock(p + 65536, 8);
  CHECK(story.out.asked == std::vector{SpaceId{2}});
}

TEST_CASE("mappings that are listed during the grace time decide nothing") {
  Story story = forked();
  story.snapshot();
  CHECK(story.told().empty());
  story.outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("a list of another moment is asked for again, and the next one decides") {
  Story story = forked();
  story.wait(grace + 1);
  const SnapshotEvent late{.space = SpaceId{2},
                           .pid = 101,
                           .comm = {},
                           .time = story.now,
                           .calls_before = 1,
                           .lost = 0,
                           .mappings = story.kernel().mappings()};
  story.model().handle(late); // a call of the child is still on its way
  CHECK(story.told().empty());
  CHECK(story.out.asked.size() == 2);
  CHECK(story.model().forks_pending());
  story.unlock(p, 8).snapshot();
  CHECK(story.told() == Lines{copied});
  CHECK(story.out.asked.size() == 2);
}

TEST_CASE("a child is told of once") {
  Story story = forked();
  story.outlive().outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("each child has a finding of its own") {
  Story story;
  story.lock(p, 32).fork().fork().wait(grace + 1);
  story.in_process(102).snapshot().in_process(101).snapshot();
  CHECK(story.told() == Lines{"fork medium verified [p,p+32) to 102 of mlock [p,p+32)", copied});
}

// Claims.

TEST_CASE("claims are named by the address of their bytes") {
  Story story;
  story.lock(p + 100, 8).lock2(p, 8).map(q, page, 0x2000).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+8) [p+100,p+108) [q,q+4096) to 101 of "
                              "mlock2 [p,p+8), mlock [p+100,p+108), mmap [q,q+4096)"});
}

TEST_CASE("bytes that several claims cover are counted once") {
  Story story;
  story.lock(p, 64).lock(p + 32, 64).lock(p, 64).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+96) to 101 of mlock [p,p+64), mlock "
                              "[p,p+64), mlock [p+32,p+96)"});
  CHECK(story.out.findings.at(0).exposed_bytes == 96);
  CHECK(story.out.findings.at(0).inherited->claims_in_all == 3);
}

TEST_CASE("a claim inside another is named, also where other pages lie between") {
  Story story;
  story.kernel().put(p + page, page, {.wiped_on_fork = true}); // a mapping of its own
  story.lock(p, 3 * page).lock(p + 100, 32).unlock(p + page + 1, 0).told();
  story.fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+4096) [p+8192,p+12288) to 101 of mlock "
                              "[p,p+12288), mlock [p+100,p+132)"});
}

TEST_CASE("many claims are one finding that lists the first of them") {
  Story story;
  for (unsigned n = 0; n < 100; ++n) story.lock(p + n * 64, 8);
  story.fork().in_child().outlive();
  REQUIRE(story.out.findings.size() == 1);
  const Finding& finding = story.out.findings.front();
  CHECK(finding.exposed.size() == 100);
  CHECK(finding.exposed_bytes == 800);
  CHECK(finding.inherited->claims_in_all == 100);
  REQUIRE(finding.inherited->claims.size() == Inheritance::claims_listed);
  CHECK(finding.inherited->claims.back().request == ByteRange{p + 63 * 64, p + 63 * 64 + 8});
}

TEST_CASE("of a trimmed claim, what was left of it counts") {
  Story story;
  story.lock(p, 2 * page).unlock(p + 32, 32).told(); // exposes the rest of its page
  story.lock(p + 200, 8).fork().in_child().told();
  story.outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+32) [p+64,p+8192) to 101 of mlock "
                              "[p,p+8192), mlock [p+200,p+208)"});
}

TEST_CASE("a claim that mremap moved is copied from where it lay then") {
  Story story;
  story.lock(p, 32).remap(p, page, page, q).fork().in_child().outlive();
  CHECK(story.told() ==
        Lines{"fork medium verified [q,q+32) to 101 of mlock [p,p+32) now [q,q+32)"});
}

TEST_CASE("without the kernel's word that they were locked, it is modelled") {
  Story story(page, Story::Words::silent);
  story.lock(p, 32).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium modelled [p,p+32) to 101 of mlock [p,p+32)"});
}

TEST_CASE("it is modelled if the word on any of the bytes is missing") {
  Story story;
  story.lock(p, 32);
  story.kernel().silent = true;
  story.lock(p + page, 8).fork().in_child().outlive();
  CHECK(story.told().at(0).starts_with("fork medium modelled [p,p+32) [p+4096,p+4104)"));
}

// When.

TEST_CASE("while a child has copies, its address space is not idle") {
  Story story = forked();
  CHECK_FALSE(story.model().idle(SpaceId{2}));
  CHECK(story.model().forks_pending());
  story.wait(grace + 1);
  CHECK_FALSE(story.model().idle(SpaceId{2}));
  story.snapshot();
  CHECK(story.model().idle(SpaceId{2}));
  CHECK_FALSE(story.model().forks_pending());
}

TEST_CASE("the next deadline is the first moment at which a grace time is over") {
  Story story;
  CHECK(story.model().next_deadline() == ~Time{0});
  story.lock(p, 32).fork();
  const Time first = story.now + grace + 1;
  CHECK(story.model().next_deadline() == first);
  story.fork();
  const Time second = story.now + grace + 1;
  CHECK(story.model().next_deadline() == first);
  story.wait(first - story.now);
  CHECK(story.out.asked == std::vector{SpaceId{2}});
  CHECK(story.model().next_deadline() == second);
  story.wait(second - story.now);
  CHECK(story.out.asked == std::vector{SpaceId{2}, SpaceId{3}});
  CHECK(story.model().next_deadline() == ~Time{0});
  CHECK(story.model().forks_pending());
}

TEST_CASE("a child that is gone does not hide the deadline of the next") {
  Story story;
  story.lock(p, 32).fork().fork();
  const Time second = story.now + grace + 1;
  SECTION("it has ended") { story.in_process(101).end(); }
  SECTION("its events were lost") { story.lost(1, {.space = SpaceId{2}}); }
  CHECK(story.model().next_deadline() == second);
}

TEST_CASE("without a grace time, the next event that has a later time asks") {
  Story story(page, Story::Words::told, {.fork_grace = 0});
  story.lock(p, 32).fork().wait(0);
  CHECK(story.out.asked.empty());
  story.wait(1).in_child().snapshot();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("when tracing ends, a child whose grace time goes on is none") {
  Story story = forked();
  story.finish();
  CHECK(story.told().empty());
}

TEST_CASE("a fork that is heard of after the first call of the child counts") {
  Story story;
  story.lock(p, 32).lock(p + page, 8);
  auto child = story.kernel().fork(SpaceId{2});
  CallEvent first = child->mlock(p, 32);
  first.caller.pid = 101;
  first.born_clean = true;
  story.model().handle(first);
  story.fork().in_child();
  story.kernel().pages[p].locked = true;
  story.wait(grace + 1);
  story.model().handle(SnapshotEvent{.space = SpaceId{2},
                                     .pid = 101,
                                     .comm = {},
                                     .time = story.now,
                                     .calls_before = 1,
                                     .lost = 0,
                                     .mappings = story.kernel().mappings()});
  CHECK(story.told() == Lines{"fork medium verified [p+4096,p+4104) to 101 of mlock "
                              "[p+4096,p+4104)"});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a child of an address space that nobody knows has nothing") {
  Story story;
  story.fork().in_child().outlive();
  CHECK(story.told().empty());
  CHECK(story.out.asked.empty());
}

TEST_CASE("a fork that comes as a call, as none does, is counted and changes nothing") {
  Story story;
  story.lock(p, 32);
  CallEvent call;
  call.call = Call::fork;
  story.send(call);
  CHECK(story.totals().calls.at(Call::fork) == 1);
  CHECK(story.totals().findings.empty());
  CHECK(story.totals().claims == 1);
}

TEST_CASE("a process that forks thousands of children is asked about each") {
  Story story;
  for (unsigned n = 0; n < 500; ++n) story.lock(p + n * 128, 8);
  for (unsigned n = 0; n < 2000; ++n)
    story.model().handle(ForkEvent{SpaceId{1}, SpaceId{10 + n}, {}, 200 + n, story.now});
  story.wait(grace + 1);
  CHECK(story.out.asked.size() == 2000);
  CHECK(story.totals().address_spaces == 2001);
}
