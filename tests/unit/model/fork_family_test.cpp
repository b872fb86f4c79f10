// Copies over generations: what parents do meanwhile, children of children, and losses in any.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

// What the parent does meanwhile.

TEST_CASE("a munlock of the parent does not matter: the copy was made") {
  Story story = forked();
  story.in_parent().unlock(p, 32).in_child().outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("a munlockall or munmap of the parent does not matter") {
  Story story = forked();
  story.in_parent().unlock_all().unmap(p, page).in_child().outlive();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("if the parent ends while the child lives on, nobody has the bytes locked") {
  Story story = forked();
  story.in_parent().end().in_child().outlive();
  CHECK(story.told() ==
        Lines{"fork high verified [p,p+32) to 101 of mlock [p,p+32) (owner ended)"});
}

TEST_CASE("a parent that ends after the verdict changes nothing") {
  Story story = forked();
  story.outlive().in_parent().end();
  CHECK(story.told() == Lines{copied});
}

TEST_CASE("losses in the parent do not matter: the copy was made") {
  Story story = forked();
  story.in_parent().lost(1, {.space = SpaceId{1}}).in_child().outlive();
  CHECK(story.told() == Lines{"lost 1", copied});
}

// Losses.

TEST_CASE("of a child whose calls were lost, nobody knows what it has") {
  Story story = forked();
  story.lose().unmap(p, page).lock(p + 65536, 8).outlive();
  CHECK(story.told() == Lines{"lost 1"});
  CHECK_FALSE(story.model().forks_pending());
}

TEST_CASE("what a lost call may have released before the fork is no copy of locked bytes") {
  Story story;
  story.lock(p, 32).lose().unlock(p, 32).fork().in_child().outlive();
  CHECK(story.told() == Lines{"lost 1"});
  CHECK(story.totals().claims == 0);
}

TEST_CASE("a loss that the list of mappings tells of leaves no finding") {
  Story story = forked();
  story.wait(grace + 1).lose().unmap(p + page, page).snapshot();
  CHECK(story.told() == Lines{"lost 1"});
}

TEST_CASE("a loss that nobody can attribute leaves no finding") {
  Story story = forked();
  story.lost(1).outlive();
  CHECK(story.told() == Lines{"lost 1"});
}

TEST_CASE("a loss of faults or swap traffic does no harm") {
  Story story = forked();
  story.lost(7, {.harmless = true}).outlive();
  CHECK(story.told() == Lines{"lost 7", copied});
}

// Generations.

TEST_CASE("a daemon that forks twice has what was locked before") {
  Story story = forked();
  story.fork().end().in_parent().end().in_child().outlive();
  CHECK(story.told() ==
        Lines{"fork high verified [p,p+32) to 102 of mlock [p,p+32) (owner ended)"});
  CHECK(story.out.findings.at(0).call.caller.pid == 101); // that forked it
}

TEST_CASE("a child and its own child are two findings") {
  Story story = forked();
  story.fork().wait(grace + 1).snapshot().in_child().snapshot();
  CHECK(story.told() == Lines{copied, "fork medium verified [p,p+32) to 102 of mlock [p,p+32)"});
}

TEST_CASE("a child of one that was told of already is none") {
  Story story = forked();
  story.outlive().told();
  story.fork().in_child().outlive();
  CHECK(story.told().empty());
  CHECK(story.out.asked == std::vector{SpaceId{2}});
}

TEST_CASE("a child of one whose list has been asked for has the bytes, too") {
  Story story = forked();
  story.wait(grace + 1).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+32) to 102 of mlock [p,p+32)"});
}

TEST_CASE("a child has what its parent had left when it forked") {
  Story story;
  story.lock(p, 2 * page).fork().in_child().unmap(p, page).fork();
  story.unmap(p + page, page).outlive();
  CHECK(story.told().empty());
  story.in_child().snapshot();
  CHECK(story.told() == Lines{"fork medium verified [p+4096,p+8192) to 102 of mlock [p,p+8192)"});
}

TEST_CASE("a grace time begins with the fork of its own child") {
  Story story = forked();
  story.wait(grace / 2).fork().wait(grace / 2 + 1);
  CHECK(story.out.asked == std::vector{SpaceId{2}});
  story.wait(grace / 2);
  CHECK(story.out.asked == std::vector{SpaceId{2}, SpaceId{3}});
}

TEST_CASE("a child of a child that locked bytes of its own has both") {
  Story story = forked();
  story.lock(p + page, 8).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+32) [p+4096,p+4104) to 102 of mlock "
                              "[p,p+32), mlock [p+4096,p+4104)"});
}

TEST_CASE("bytes that were claimed in two generations are one copy of two claims") {
  Story story = forked();
  story.lock(p + 16, 32).fork().in_child().outlive();
  CHECK(story.told() == Lines{"fork medium verified [p,p+48) to 102 of mlock [p,p+32), mlock "
                              "[p+16,p+48)"});
  CHECK(story.out.findings.at(0).exposed_bytes == 48);
}

TEST_CASE("of two owners, both must have ended for nobody to have the bytes locked") {
  Story story = forked();
  story.lock(p + page, 8).fork();
  SECTION("one lives on") {
    story.in_parent().end().in_child().outlive();
    CHECK(story.told().at(0).starts_with("fork medium"));
  }
  SECTION("both have ended") {
    story.end().in_parent().end().in_child().outlive();
    CHECK(story.told().back() ==
          "fork high verified [p,p+32) [p+4096,p+4104) to 102 of mlock [p,p+32), mlock "
          "[p+4096,p+4104) (owner ended)");
  }
  SECTION("the bytes of the one that lives on are gone") {
    story.in_parent().end().in_child().unmap(p + page, page).outlive();
    CHECK(story.told() ==
          Lines{"fork high verified [p,p+32) to 102 of mlock [p,p+32) (owner ended)"});
  }
}
