// Which bytes of a child of fork are copies, and what a child can do about them in time.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

// What ends it in time.

TEST_CASE("a child that ends or execs in time is none") {
  Story story = forked();
  story.end();
  CHECK_FALSE(story.model().forks_pending());
  story.wait(grace + 1);
  CHECK(story.told().empty());
  CHECK(story.out.asked.empty());
}

TEST_CASE("a child that ends before its mappings were listed is none") {
  Story story = forked();
  story.wait(grace + 1).end();
  CHECK(story.told().empty());
}

TEST_CASE("a child that locks the bytes itself in time is none") {
  Story story = forked();
  story.lock(p + 100, 1).outlive(); // the page is what counts
  CHECK(story.told().empty());
}

TEST_CASE("a child that locks everything is none") {
  Story story = forked();
  story.lock_all().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("of bytes that a child locked again in part, the other pages are left") {
  Story story;
  story.lock(p + 100, 3 * page).fork().in_child().lock(p + page, page).outlive();
  CHECK(story.told() == Lines{"fork medium verified [p+100,p+4096) [p+8192,p+12388) to 101 of "
                              "mlock [p+100,p+12388)"});
  CHECK(story.out.findings.at(0).exposed_bytes == 2 * page);
}

TEST_CASE("a child that locks the bytes and unlocks them again has them unlocked") {
  Story story = forked();
  story.lock(p, 32).unlock(p, 32).outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("a child that unmaps the copy in time is none") {
  Story story = forked();
  story.unmap(p, page).outlive();
  CHECK(story.told().empty());
}

TEST_CASE("of a copy that is unmapped in part, the rest is left") {
  Story story;
  story.lock(p, 3 * page).fork().in_child().unmap(p + page, page).outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+4096) [p+8192,p+12288) to 101 of mlock "
                              "[p,p+12288)"});
}

TEST_CASE("after a thousand separate losses, what lies between counts as lost, and no more") {
  Story story;
  story.kernel().put(q, 3000 * page);
  story.lock(q, 3000 * page).fork().in_child();
  for (unsigned n = 0; n < 2200; n += 2) story.unmap(q + n * page, page);
  story.outlive();
  REQUIRE(story.out.findings.size() == 1);
  CHECK(story.out.findings.front().exposed ==
        std::vector<ByteRange>{{q + 2199 * page, q + 3000 * page}});
}

TEST_CASE("a copy that is mapped over is gone, though there is something at its place") {
  Story story = forked();
  story.map(p, page, 0x10).outlive();
  CHECK(story.told().empty());
  story.in_parent().fork().in_child().unmap(p, page).map(p, page).outlive();
  CHECK(story.told().empty());
}

TEST_CASE("a copy that mremap puts something over is gone") {
  Story story = forked();
  story.remap(p + page, page, page, p, 3).outlive();
  CHECK(story.told().empty());
}

TEST_CASE("a copy that moves is followed no further") {
  Story story = forked();
  SECTION("its old place stays empty") { story.remap(p, page, page, q); }
  SECTION("something else is mapped there") { story.remap(p, page, page, q).map(p, page); }
  SECTION("empty pages are left there") { story.remap(p, page, page, q, 4 | 1); }
  story.outlive();
  CHECK(story.told().empty());
}

TEST_CASE("a copy in a heap that shrinks is gone, though the heap grows again") {
  Story story;
  story.kernel().heap_end = q;
  story.brk(q + page).lock(q, 32).fork().in_child().brk(q).brk(q + page).outlive();
  CHECK(story.told().empty());
}

// What never was a copy.

TEST_CASE("shared memory is not copied") {
  Story story;
  story.kernel().put(p, page, {.shared = true});
  story.lock(p, 32).fork().in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("memory with MADV_WIPEONFORK is not copied") {
  Story story;
  story.kernel().put(p, page, {.wiped_on_fork = true});
  story.lock(p, 32).fork().in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("memory with MADV_DONTFORK is not copied") {
  Story story;
  story.kernel().put(p, page, {.not_forked = true});
  story.lock(p, 32).fork().in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("memory of memfd_secret is shared, and locked in no child") {
  Story story;
  story.map(q, page, 0, {.secret = true}).lock(q, 32).lock(p, 8);
  story.fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+8) to 101 of mlock [p,p+8)"});
}

TEST_CASE("memory that mlock skips cannot be swapped, in a child either") {
  Story story;
  story.kernel().put(p, page, {.special = true});
  story.lock(p, 32).lock_all().fork().in_child().outlive(); // nobody knows if mlockall locked it
  CHECK(story.told().empty());
}

TEST_CASE("of a lock over several mappings, those that are copied count") {
  Story story;
  story.kernel().put(p + page, page, {.wiped_on_fork = true});
  story.kernel().put(p + 3 * page, page, {.not_forked = true});
  story.lock(p + 10, 4 * page).fork().in_child().outlive();
  CHECK(story.told() ==
        Lines{"fork medium verified [p+10,p+4096) [p+8192,p+12288) [p+16384,p+16394) to 101 of "
              "mlock [p+10,p+16394)"});
}

TEST_CASE("bytes that were exposed already do not count") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).fork().told();
  CHECK_FALSE(story.model().forks_pending());
  story.in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("of a lock that was exposed in part, the rest counts") {
  Story story;
  story.lock(p, 2 * page).unlock(p + 100, 0).fork().in_child().told();
  story.outlive();
  CHECK(story.told() == Lines{"fork medium verified [p+4096,p+8192) to 101 of mlock [p,p+8192)"});
}

TEST_CASE("bytes that were locked again count again") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).fork();
  story.lock(p + 200, 8).fork().in_child().told();
  story.outlive().in_process(101).snapshot();
  CHECK(story.told() == Lines{"fork medium verified [p+100,p+132) [p+200,p+208) to 102 of mlock "
                              "[p+100,p+132), mlock [p+200,p+208)"});
}

TEST_CASE("what only mlockall has locked does not count") {
  Story story;
  story.lock_all(3).fork();
  CHECK_FALSE(story.model().forks_pending());
  story.in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("under mlockall, the claims of others count") {
  Story story;
  story.lock(p, 32).lock_all(3).fork().in_child().outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("bytes that were released before the fork do not count") {
  Story story;
  story.lock(p, 32).unlock(p, 32).fork();
  CHECK_FALSE(story.model().forks_pending());
  story.lock(p, 32).in_child().outlive();
  CHECK(story.told().empty());
}

TEST_CASE("what mremap unlocked, and no munlock, is no copy of locked bytes") {
  Story story;
  story.kernel().whole_dontunmap = true;
  story.lock(p, 32).lock(p + page + 1, 0).fork();
  story.remap(p + page, page, page, q, 4 | 1); // unlocks the whole old mapping
  REQUIRE(story.locked() == std::vector<PageRange>{{q, q + page}});
  story.fork().in_child().outlive();
  CHECK(story.told().empty());
}
