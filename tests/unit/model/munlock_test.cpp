// What munlock takes from whom.
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

TEST_CASE("unlocking one of two neighbours on a page spills the other") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32);
  CHECK(story.told() == Lines{"spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
  const Finding& finding = story.out.findings.front();
  CHECK(finding.id == FindingId{1});
  CHECK(finding.exposed_bytes == 32);
  CHECK(finding.call.call == Call::munlock);
  CHECK(finding.call.addr == p);
  CHECK(finding.call.len == 32);
  CHECK(finding.call.applied == PageRange{p, p + 4096});
  CHECK(finding.victim->locked_at < finding.call.time);
  CHECK(finding.victim->tid == 100u);
  CHECK(story.totals().findings.at(Kind::spill) == 1);
  CHECK(story.totals().exposures == 1);
  CHECK(story.totals().claims == 1);
}

TEST_CASE("unlocking a part of a lock spills what else of it is on the page") {
  Story story;
  story.lock(p + 4000, 200).unlock(p + 4000, 50);
  CHECK(story.told() == Lines{"self-spill high verified [p+4050,p+4096) of mlock [p+4000,p+4200)"});
}

TEST_CASE("a lock around the unlocked bytes is nested") {
  Story story;
  story.lock(p, 8192).lock(p + 4096, 100).unlock(p + 4096, 100);
  CHECK(story.told() == Lines{"nested high verified [p+4096,p+8192) of mlock [p,p+8192)"});
}

TEST_CASE("the same range locked twice is stacked") {
  Story story;
  story.lock(p, 64).lock(p, 64).unlock(p, 64);
  CHECK(story.told() == Lines{"stacked medium verified [p,p+64) of mlock [p,p+64)"});
}

TEST_CASE("an equal range releases the newest claim and only it") {
  Story story;
  story.lock(p, 64);
  story.tid = 7;
  story.lock(p, 64);
  story.tid = 9;
  story.unlock(p, 64);
  CHECK(story.out.findings.at(0).victim->tid == 100u);
}

TEST_CASE("munlock of length 0 at an unaligned address names no byte and unlocks a page") {
  Story story;
  story.lock(p, 32).unlock(p + 100, 0);
  CHECK(story.told() == Lines{"spill high verified [p,p+32) of mlock [p,p+32)"});
}

TEST_CASE("munlock of length 0 at an aligned address does nothing") {
  Story story;
  story.lock(p, 32).unlock(p, 0);
  CHECK(story.told().empty());
  CHECK(story.totals().unlocks_without_lock == 0);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}});
}

TEST_CASE("one unlock over two locks releases both") {
  Story story;
  story.lock(p, 32).lock(p + 32, 32).unlock(p, 64);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
}

TEST_CASE("an unlock of what nobody locked is counted and no finding") {
  Story story;
  story.lock(p, 32).unlock(p, 32).unlock(p, 32);
  CHECK(story.told().empty());
  CHECK(story.totals().unlocks_without_lock == 1);
}

TEST_CASE("an unlock that releases an exposed claim is not an unlock without a lock") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).unlock(p + 100, 32);
  CHECK(story.totals().unlocks_without_lock == 0);
}

TEST_CASE("the page size decides who shares a page") {
  Story small(4096);
  small.lock(p, 4096).lock(p + 4096, 4096).unlock(p, 4096);
  CHECK(small.told().empty());
  Story large(16384);
  large.lock(p, 4096).lock(p + 4096, 4096).unlock(p, 4096);
  CHECK(large.told() == Lines{"spill high verified [p+4096,p+8192) of mlock [p+4096,p+8192)"});
}

TEST_CASE("a trimmed claim is one claim, with one finding for all that is left of it") {
  Story story;
  // The middle goes; what is left on its page lies on both sides.
  story.lock(p, 300).unlock(p + 100, 100);
  CHECK(story.told() ==
        Lines{"self-spill high verified [p,p+100) [p+200,p+300) of mlock [p,p+300)"});
  CHECK(story.totals().claims == 1);
}

TEST_CASE("a claim in two pieces equals neither of them") {
  Story story;
  story.lock(p, 300).unlock(p + 100, 100).lock(p + 3000, 8).told();
  // [p,p+100) is released as a part; the other piece is what it spills.
  story.unlock(p, 100);
  CHECK(story.told() == Lines{"self-spill high verified [p+200,p+300) of mlock [p,p+300)",
                              "spill high verified [p+3000,p+3008) of mlock [p+3000,p+3008)"});
}

TEST_CASE("a claim trimmed to one range equals that range") {
  Story story;
  story.lock(p, 8192).unlock(p + 4096, 4096).lock(p, 4096).unlock(p, 4096);
  CHECK(story.told() == Lines{"stacked medium verified [p,p+4096) of mlock [p,p+8192)"});
}

TEST_CASE("bytes inside and outside of the request make it nested") {
  Story story;
  story.lock(p, 200).lock(p + 50, 50).unlock(p + 50, 50);
  CHECK(story.told() == Lines{"nested high verified [p,p+200) of mlock [p,p+200)"});
}

TEST_CASE("what is exposed already is not exposed again") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  story.unlock(p + 200, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().unlocks_without_lock == 0); // a claim met it
}

TEST_CASE("findings of one call come by first exposed byte, then by age of the claim") {
  Story story;
  story.lock(p + 200, 8).lock(p + 100, 8).lock(p + 100, 50).lock(p, 4).unlock(p, 4);
  CHECK(story.told() == Lines{"spill high verified [p+100,p+108) of mlock [p+100,p+108)",
                              "spill high verified [p+100,p+150) of mlock [p+100,p+150)",
                              "spill high verified [p+200,p+208) of mlock [p+200,p+208)"});
}

TEST_CASE("a munlock that meets a hole unlocks what is before it and releases all it names") {
  Story story;
  story.lock(p, 3 * 4096).lock(p + 100, 32).unmap(p + 4096, 4096);
  story.unlock(p, 3 * 4096);
  // The long claim is trimmed to nothing, the short one lies in what was named.
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
  CHECK(story.locked() == std::vector<PageRange>{{p + 8192, p + 12288}});
}

TEST_CASE("a failed munlock can spill") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unmap(p + 4096, 4096).unlock(p, 32 + 8192);
  story.told();
  Story other;
  other.lock(p, 32).lock(p + 4000, 32).unmap(p + 4096, 4096).unlock(p + 4050, 8192);
  CHECK(other.told() == Lines{"spill high verified [p,p+32) of mlock [p,p+32)",
                              "spill high verified [p+4000,p+4032) of mlock [p+4000,p+4032)"});
  CHECK(other.out.findings.front().call.applied == PageRange{p, p + 4096});
}

TEST_CASE("a munlock that fails for lack of VMAs leaves pages locked and exposes nothing") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).refuse(12).unlock(p, 32);
  CHECK(story.told().empty());
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}});
  CHECK(story.totals().claims == 1); // released all the same
}

TEST_CASE("locks on memory that mlock skips are never exposed") {
  Story story;
  story.map(q, 4096, 0, {.special = true});
  story.lock(q, 32).lock(q + 100, 32).unlock(q, 32);
  CHECK(story.told().empty());
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("memfd_secret memory stays locked whatever is called") {
  Story story;
  story.map(q, 4096, 0, {.secret = true});
  story.lock(q, 32).unlock(q + 100, 0).unlock_all().unlock(q, 32).snapshot().finish();
  CHECK(story.told().empty());
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("memfd_secret memory from before the tracing is recognised") {
  Story story;
  story.kernel().put(q, 4096, {.locked = true, .secret = true});
  story.unlock_all().lock(q, 32).unlock(q, 32).unlock_all().unlock(q, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("an mlock that fails while faulting in leaves its pages locked, without a claim") {
  Story story;
  story.map(q, 4096, 0, {.no_access = true});
  story.lock(q, 32);
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
  CHECK(story.totals().claims == 0);
}

TEST_CASE("a length that wraps acts on one page and names no byte") {
  Story story;
  story.lock(p, 32).unlock(p + 2, UINT64_MAX);
  CHECK(story.told() == Lines{"spill high verified [p,p+32) of mlock [p,p+32)"});
  Story aligned;
  aligned.lock(p, 32).unlock(p, UINT64_MAX);
  CHECK(aligned.told().empty());
  CHECK(aligned.locked().size() == 1);
}

TEST_CASE("a munlock refused with EINVAL names no byte") {
  Story story;
  story.lock(p, 32).unlock(p, UINT64_MAX - p);
  CHECK(story.last_ret() == -22);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 1);
}

TEST_CASE("an interrupted munlock releases and unlocks nothing") {
  Story story(4096, Story::Words::silent);
  story.lock(p, 32).lock(p + 100, 32).refuse(4).unlock(p, 32);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 1);
  CHECK(story.locked().size() == 1);
  CHECK(story.out.asked.empty());
}

TEST_CASE("without the kernel's word a finding is modelled") {
  Story story(4096, Story::Words::silent);
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32);
  CHECK(story.told() == Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)"});
}

TEST_CASE("a lock's word at exit verifies that the page was locked") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32);
  story.tweak([](CallEvent& event) { event.before = {}; }).unlock(p, 32);
  CHECK(story.told() == Lines{"spill high verified [p+100,p+132) of mlock [p+100,p+132)"});
}

TEST_CASE("calls that overlap verify nothing") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).overlapped().unlock(p, 32);
  CHECK(story.told() == Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)"});
}

TEST_CASE("one page without the kernel's word makes the whole finding modelled") {
  Story story;
  story.lock(p, 8192).lock(p, 8);
  story
      .tweak([](CallEvent& event) {
        event.after.walked.end = p + 4096;
        event.before.walked.end = p + 4096;
      })
      .unlock(p + 8, 8000);
  CHECK(story.told() ==
        Lines{"self-spill high modelled [p,p+8) [p+8008,p+8192) of mlock [p,p+8192)",
              "spill high verified [p,p+8) of mlock [p,p+8)"});
}

TEST_CASE("findings of one call are bounded and the rest is counted") {
  Story story(4096, Story::Words::told, {.findings_per_call = 3});
  for (Address at = p; at < p + 100; at += 10) story.lock(at, 5);
  story.unlock(p, 5);
  CHECK(story.told().size() == 3);
  CHECK(story.totals().findings_dropped == 6);
  CHECK(story.totals().exposures == 3);
  story.lock(p + 200, 8);
  CHECK(story.totals().exposures == 0);
}

TEST_CASE("beyond the limit claims are counted and not kept, while pages are followed") {
  Story story(4096, Story::Words::told, {.claims_per_space = 2});
  story.lock(p, 8).lock(p + 16, 8).lock(p + 4096, 8);
  CHECK(story.totals().claims_dropped == 1);
  CHECK(story.totals().claims == 2);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 8192}});
  // What looks like a part of the first claim may have been a lock of its own.
  story.unlock(p, 4);
  CHECK(story.told() == Lines{"self-spill high modelled [p+4,p+8) of mlock [p,p+8)",
                              "spill high verified [p+16,p+24) of mlock [p+16,p+24)"});
}
