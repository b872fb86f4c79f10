// Exposed bytes that were seen in swap.
#include "beginnings.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

namespace {

const std::string swapped = "swapped critical verified [p+100,p+132) by #1 of mlock [p+100,p+132)";

} // namespace

TEST_CASE("exposed bytes that are seen in swap are a finding") {
  Story story = exposed();
  story.swap(p);
  CHECK(story.told() == Lines{swapped});
  CHECK(story.totals().findings.at(Kind::swapped) == 1);
  CHECK(story.totals().exposures == 1);
}

TEST_CASE("it names the finding that exposed them, its call and its victim") {
  Story story = exposed();
  story.swap(p);
  const Finding& opener = story.out.findings.at(0);
  const Finding& finding = story.out.findings.at(1);
  CHECK(finding.id == FindingId{2});
  CHECK(finding.opener == opener.id);
  CHECK(finding.space == opener.space);
  CHECK(finding.call.call == Call::munlock);
  CHECK(finding.call.addr == p);
  CHECK(finding.call.len == 32);
  CHECK(finding.call.time == opener.call.time);
  CHECK(finding.call.applied == opener.call.applied);
  CHECK(finding.victim == opener.victim);
  CHECK(finding.seen_in_swap == story.now);
  CHECK(finding.exposed_bytes == 32);
  CHECK_FALSE(finding.inherited);
}

TEST_CASE("an exposure is told of once, however often it is seen in swap") {
  Story story = exposed();
  story.swap(p).swap(p).fault(p, {.from_swap = true}).told();
  CHECK(story.totals().findings.at(Kind::swapped) == 1);
}

TEST_CASE("two exposures on one page are two findings") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lock(p + 200, 32).unlock(p, 32).told();
  story.swap(p);
  CHECK(story.told() ==
        Lines{swapped, "swapped critical verified [p+200,p+232) by #2 of mlock [p+200,p+232)"});
}

TEST_CASE("a page beside the exposed ones is none") {
  Story story = exposed();
  story.swap(p + page).swap(p - page).fault(p + page, {.from_swap = true});
  CHECK(story.told().empty());
}

TEST_CASE("of a large exposure, the bytes on the pages that were seen are named") {
  Story story;
  story.lock(p + 100, 4 * page).lock(p, 5 * page).unlock(p, 5 * page).told();
  story.swap(p + page, 2 * page);
  CHECK(story.told() == Lines{"swapped critical verified [p+4096,p+12288) by #1 of mlock "
                              "[p+100,p+16484)"});
  CHECK(story.out.findings.back().exposed_bytes == 2 * page);
}

TEST_CASE("pages that are not neighbours give ranges of one finding") {
  Story story;
  story.lock(p, 4 * page).lock(p, 4 * page).unlock(p, 4 * page).told();
  story.model().handle(SwapEvent{
      story.space(), story.now, {{p, p + page}, {p + 2 * page, p + 3 * page}, {q, q + page}}});
  CHECK(story.told() == Lines{"swapped critical verified [p,p+4096) [p+8192,p+12288) by #1 of "
                              "mlock [p,p+16384)"});
}

TEST_CASE("the page of an exposure that has closed is none") {
  Story story = exposed();
  SECTION("relocked") { story.lock(p, 8); }
  SECTION("released") { story.unlock(p + 100, 32); }
  SECTION("unmapped") { story.unmap(p, page); }
  SECTION("unlocked-all") { story.unlock_all(); }
  SECTION("ended") { story.end(); }
  story.told();
  story.swap(p).fault(p, {.from_swap = true});
  CHECK(story.totals().findings.contains(Kind::swapped) == false);
}

TEST_CASE("of an exposure that was released in part, what is left counts") {
  Story story = exposed();
  story.unlock(p + 100, 16).swap(p);
  CHECK(story.told() ==
        Lines{"swapped critical verified [p+116,p+132) by #1 of mlock [p+100,p+132)"});
}

TEST_CASE("of an exposure whose pages were relocked in part, the others count") {
  Story story;
  story.lock(p, 2 * page).lock(p, 2 * page).unlock(p, 2 * page).lock(p, 8).told();
  story.swap(p, 2 * page);
  CHECK(story.told() ==
        Lines{"swapped critical verified [p+4096,p+8192) by #1 of mlock [p,p+8192)"});
}

TEST_CASE("pages that mlockall had locked are told of with it") {
  Story story;
  story.lock_all();
  const Time locked_at = story.now;
  story.unlock(p + 8, 8).told();
  story.swap(p);
  CHECK(story.told() == Lines{"swapped critical verified [p,p+4096) by #1 of mlockall"});
  const auto& victim = story.out.findings.back().victim;
  REQUIRE(victim);
  CHECK_FALSE(victim->request);
  CHECK(victim->locked_at == locked_at);
  CHECK(victim->tid == 100);
}

TEST_CASE("an exposure that moved is seen where it lies now") {
  Story story = exposed();
  story.remap(p, page, page, q).swap(p);
  CHECK(story.told().empty());
  story.swap(q);
  CHECK(story.told() == Lines{"swapped critical verified [q+100,q+132) by #1 of mlock "
                              "[p+100,p+132) now [q+100,q+132)"});
}

TEST_CASE("bytes of one exposure that moved away and back are one range") {
  Story story;
  story.lock(p, 2 * page).lock(p, 2 * page).unlock(p, 2 * page).told();
  story.remap(p + page, page, page, q).remap(q, page, page, p + page, 3).swap(p, 2 * page);
  CHECK(story.told() == Lines{"swapped critical verified [p,p+8192) by #1 of mlock [p,p+8192)"});
}

TEST_CASE("what was seen before it moved is not told of again") {
  Story story = exposed();
  story.swap(p).told();
  story.remap(p, page, page, q).swap(q);
  CHECK(story.told().empty());
}

TEST_CASE("an exposure that was only modelled is verified by the swap") {
  Story story(page, Story::Words::silent);
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  story.swap(p);
  CHECK(story.told() == Lines{swapped});
}

TEST_CASE("bytes that are exposed anew are told of anew") {
  Story story = exposed();
  story.swap(p).lock(p, 32).unlock(p, 32).told();
  story.swap(p);
  CHECK(story.told() ==
        Lines{"swapped critical verified [p+100,p+132) by #3 of mlock [p+100,p+132)"});
}

TEST_CASE("what was in swap before the bytes were exposed is none") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32);
  const Time before = story.now;
  story.unlock(p, 32).told();
  story.model().handle(SwapEvent{story.space(), before, {{p, p + page}}});
  CHECK(story.told().empty());
  CHECK(story.model().exposed_pages(story.space()).size() == 1);
  story.swap(p);
  CHECK(story.told() == Lines{swapped});
}

TEST_CASE("an exposure that outlived a loss is only a possible one: it may have been released") {
  Story story = exposed();
  story.lost(1).told();
  story.swap(p);
  CHECK(story.told() == Lines{"swapped critical possible [p+100,p+132) by #1"});
}

TEST_CASE("an address space that nobody knows has nothing in swap") {
  Story story;
  story.swap(p).fault(p, {.from_swap = true});
  CHECK(story.told().empty());
  CHECK(story.totals().events == 2);
  CHECK(story.totals().address_spaces == 0);
}

TEST_CASE("a fault that reads exposed bytes back from swap tells of it as well") {
  Story story = exposed();
  story.fault(p + 8, {.major = true, .from_swap = true});
  CHECK(story.told() == Lines{"fault p+8 exposed swap-in of [p+100,p+132)", swapped});
  CHECK(story.out.findings.back().seen_in_swap == story.now);
  story.swap(p);
  CHECK(story.told().empty());
}

TEST_CASE("a fault that reads one page back tells of the bytes on it") {
  Story story;
  story.lock(p, 2 * page).lock(p, 2 * page).unlock(p, 2 * page).told();
  story.fault(p + page + 1, {.from_swap = true});
  CHECK(story.told() ==
        Lines{"fault p+4097 exposed swap-in of [p,p+8192)",
              "swapped critical verified [p+4096,p+8192) by #1 of mlock [p,p+8192)"});
}

TEST_CASE("a locked page that is read back from swap was there before it was locked") {
  Story story;
  story.lock2(p, 32).fault(p, {.major = true, .from_swap = true});
  CHECK(story.told() == Lines{"fault p locked swap-in of [p,p+32)"});
}

// What nobody saw.

TEST_CASE("pages that were written by what is known of where they lay are modelled") {
  Story story = exposed();
  story.swap_inferred(p);
  CHECK(story.told() ==
        Lines{"swapped critical modelled [p+100,p+132) by #1 of mlock [p+100,p+132)"});
  story.swap(p);
  CHECK(story.told().empty());
}

TEST_CASE("once mremap has moved something, nobody knows where they lay") {
  Story story = exposed();
  story.remap(p + 8 * page, page, page, q).swap_inferred(p);
  CHECK(story.told().empty());
  story.swap(p);
  CHECK(story.told() == Lines{swapped});
}

TEST_CASE("a mapping that grew in its place was not moved") {
  Story story = exposed();
  story.map(q, page).remap(q, page, 2 * page, q).swap_inferred(p);
  CHECK(story.told().size() == 1);
}

TEST_CASE("what mremap moved in a parent lies elsewhere in its children, too") {
  Story story;
  story.lock(p, 8).remap(p + 8 * page, page, page, q).fork().in_child();
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  story.swap_inferred(p);
  CHECK(story.told().empty());
}

// Which pages are to be looked at.

TEST_CASE("the exposed pages are listed whole, ascending and merged") {
  Story story;
  story.lock(p + 9 * page + 8, 8).lock(p + 8, 8).lock(p + 100, page).told();
  CHECK(story.model().exposed_pages(story.space()).empty());
  story.unlock(p, 1).unlock(p + page + 200, 1).unlock(p + 9 * page, 1);
  CHECK(story.model().exposed_pages(story.space()) ==
        std::vector<PageRange>{{p, p + 2 * page}, {p + 9 * page, p + 10 * page}});
}

TEST_CASE("exposures on one page list it once") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lock(p + 110, 2 * page).unlock(p, 32);
  CHECK(story.model().exposed_pages(story.space()) == std::vector<PageRange>{{p, p + page}});
}

TEST_CASE("an exposure that was seen in swap is not listed any more") {
  Story story = exposed();
  story.lock(p + page, 8).lock(p + page + 8, 8).unlock(p + page, 8).swap(p);
  CHECK(story.model().exposed_pages(story.space()) ==
        std::vector<PageRange>{{p + page, p + 2 * page}});
}

TEST_CASE("a page is listed while any exposure on it was not seen") {
  Story story;
  story.lock(p, 2 * page).lock(p + page + 8, 8).lock(p, 2 * page).unlock(p, 2 * page).swap(p);
  CHECK(story.model().exposed_pages(story.space()) ==
        std::vector<PageRange>{{p + page, p + 2 * page}});
}

TEST_CASE("an address space that nobody knows has no exposed pages") {
  Story story;
  CHECK(story.model().exposed_pages(SpaceId{9}).empty());
}

// Who is to be looked at.

TEST_CASE("the first exposure of an address space and the end of its last are told") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).lock(p + page, 8).lock(p + page + 8, 8);
  CHECK(story.out.exposing_told.empty());
  story.unlock(p, 32);
  CHECK(story.out.exposing_told == std::vector<Exposing>{{SpaceId{1}, 100, true}});
  story.unlock(p + page, 8).lock(p, 8);
  CHECK(story.out.exposing_told.size() == 1);
  story.unmap(p + page, page);
  CHECK(story.out.exposing_told ==
        std::vector<Exposing>{{SpaceId{1}, 100, true}, {SpaceId{1}, 100, false}});
}

TEST_CASE("an address space that exposes bytes again is told of again") {
  Story story = exposed();
  story.lock(p, 8).unlock(p, 8);
  CHECK(story.out.exposing_told == std::vector<Exposing>{{SpaceId{1}, 100, true},
                                                         {SpaceId{1}, 100, false},
                                                         {SpaceId{1}, 100, true}});
}

TEST_CASE("a list of mappings that ends the last exposure tells it") {
  Story story = exposed();
  story.kernel().pages[p].locked = true;
  story.snapshot();
  CHECK(story.told() == Lines{"closed 1 relocked 32"});
  CHECK(story.out.exposing_told.back() == Exposing{SpaceId{1}, 100, false});
}

TEST_CASE("an address space that ends exposes nothing any more") {
  Story story = exposed();
  story.end();
  CHECK(story.out.exposing_told.back() == Exposing{SpaceId{1}, 100, false});
}

TEST_CASE("each address space is told of by itself") {
  Story story = exposed();
  story.fork().in_child().lock(p, 32).lock(p + 100, 32).unlock(p, 32);
  CHECK(story.out.exposing_told ==
        std::vector<Exposing>{{SpaceId{1}, 100, true}, {SpaceId{2}, 101, true}});
}
