// The same calls under other rules: what a recording says when it is judged as of another platform.
#include "support/catch.hpp"
#include "support/story.hpp"

#include <algorithm>

using namespace mlockscope::test;

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t kib16 = 16384;

Story::Elsewhere on(std::string_view platform) { return {platform}; }
Story::Elsewhere pages_of(std::uint64_t size) { return {"linux", size}; }

using Told = std::vector<PageRange>;

bool holds(Story& story, Address at) {
  const auto locked = story.locked();
  return std::any_of(locked.begin(), locked.end(),
                     [at](const PageRange& range) { return range.contains(at); });
}

} // namespace

// ---- The worked examples of the semantics -------------------------------------------------------

TEST_CASE("the worked examples as Linux with the same pages: as they were, but modelled") {
  Story spill(on("linux"));
  spill.lock(p, 32).lock(p + 100, 32).unlock(p, 32);
  CHECK(spill.told() == Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)"});
  spill.unlock(p + 100, 32);
  CHECK(spill.told() == Lines{"closed 1 released 32"});
  Story self(on("linux"));
  self.lock(p + 4000, 200).unlock(p + 4000, 50);
  CHECK(self.told() == Lines{"self-spill high modelled [p+4050,p+4096) of mlock [p+4000,p+4200)"});
  Story nested(on("linux"));
  nested.lock(p, 8192).lock(p + 4096, 100).unlock(p + 4096, 100);
  CHECK(nested.told() == Lines{"nested high modelled [p+4096,p+8192) of mlock [p,p+8192)"});
  Story stacked(on("linux"));
  stacked.lock(p, 64).lock(p, 64).unlock(p, 64);
  CHECK(stacked.told() == Lines{"stacked medium modelled [p,p+64) of mlock [p,p+64)"});
  Story empty(on("linux"));
  empty.lock(p, 32).unlock(p + 100, 0);
  CHECK(empty.told() == Lines{"spill high modelled [p,p+32) of mlock [p,p+32)"});
  Story both(on("linux"));
  both.lock(p, 32).lock(p + 32, 32).unlock(p, 64).unlock(p, 64);
  CHECK(both.told().empty());
  CHECK(both.totals().unlocks_without_lock == 1);
  Story all(on("linux"));
  all.lock_all().lock(p, 32).unlock(p, 32);
  CHECK(all.told() == Lines{"lockall-hole medium modelled [p,p+4096) of mlockall"});
  Story again(on("linux"));
  again.lock(p, 32).lock(p + 100, 32).unlock(p, 32).lock(p + 200, 32);
  CHECK(again.told().back() == "closed 1 relocked 32");
}

TEST_CASE("two pages that are neighbours on 4 KiB pages are one at 16 KiB") {
  for (const std::uint64_t size : {page, kib16, std::uint64_t{65536}, std::uint64_t{2} << 20}) {
    Story story(pages_of(size));
    story.lock(p, 4096).lock(p + 4096, 4096).unlock(p, 4096);
    const Lines spill{"spill high modelled [p+4096,p+8192) of mlock [p+4096,p+8192)"};
    CHECK(story.told() == (size == page ? Lines{} : spill));
    CHECK(story.totals().divergences == 0);
  }
}

TEST_CASE("smaller pages than those of the recording keep neighbours apart") {
  Story story(Story::Elsewhere{"linux", 4096}, kib16);
  CHECK(story.what_if()->granularity() == PageSize(4096));
  story.lock(p, 4096).lock(p + 4096, 4096).unlock(p, 4096);
  CHECK(story.told().empty());
  CHECK(story.locked() == Told{{p + 4096, p + 8192}});
  story.snapshot().lock(p + 8192, 32).lock(p + 8300, 32).unlock(p + 8192, 32);
  CHECK(story.told() == Lines{"spill high modelled [p+8300,p+8332) of mlock [p+8300,p+8332)"});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("the finding names the pages of the other platform") {
  Story story(pages_of(kib16));
  story.lock(p + 5000, 32).lock(p + 9000, 32).unlock(p + 5000, 32);
  CHECK(story.out.findings.at(0).call.applied == PageRange{p, p + kib16});
  CHECK(story.out.readings.at(0).rounding_bytes == kib16 - 32);
  CHECK(story.locked().empty());
}

// ---- Where the pages of larger machines lie -----------------------------------------------------

TEST_CASE("two mappings never share a larger page, however near they are") {
  Story story(pages_of(kib16));
  story.map(q, page).map(q + page, page).lock(q, 32).lock(q + page, 32).unlock(q, 32);
  CHECK(story.told().empty());
  CHECK(story.locked() == Told{{q + page, q + 2 * page}});
}

TEST_CASE("the pages of a mapping are counted from its start") {
  Story story(pages_of(kib16));
  const Address start = q + 3 * page;
  story.map(start, 8 * page);
  // The first 16 KiB of it, and not those of the addresses.
  story.lock(start + 100, 32);
  CHECK(story.locked() == Told{{start, start + 4 * page}});
  story.lock(start + 3 * page + 50, 32).unlock(start + 100, 32);
  const Finding& finding = story.out.findings.at(0);
  CHECK(finding.exposed == std::vector<ByteRange>{{start + 3 * page + 50, start + 3 * page + 82}});
  story.lock(start + 5 * page, 2 * page);
  CHECK(story.locked() == Told{{start + 4 * page, start + 8 * page}});
}

TEST_CASE("rounding ends where the mapping does") {
  Story story(pages_of(65536));
  story.map(q, 5 * page).lock(q + 4 * page + 7, 1);
  CHECK(story.locked() == Told{{q, q + 5 * page}});
  CHECK(story.unmap(q + page, page).locked() == Told{{q, q + page}, {q + 2 * page, q + 5 * page}});
  story.unlock(q, 1);
  CHECK(story.locked() == Told{{q + 2 * page, q + 5 * page}});
}

TEST_CASE("a program that aligned by itself has the pages it aligned to") {
  Story story(pages_of(kib16));
  const Address start = q + page;
  story.map(start, 16 * page).lock(q + kib16, page).lock(q + kib16 + page, page);
  CHECK(story.locked() == Told{{q + kib16, q + 2 * kib16}});
  // It is settled with the first request: this one begins at no such page.
  story.lock(start + 13 * page, page);
  CHECK(story.locked() == Told{{q + kib16, q + 2 * kib16}, {q + 3 * kib16, q + 4 * kib16}});
  Story other(pages_of(kib16));
  other.map(start, 16 * page).lock(start + 32, 32).lock(q + kib16, page);
  CHECK(other.locked() == Told{{start, start + kib16}});
}

TEST_CASE("a request over two mappings is rounded in each by its own pages") {
  Story story(pages_of(kib16));
  story.map(q + page, 3 * page).map(q + 4 * page, 8 * page).lock(q + 3 * page, 2 * page);
  CHECK(story.locked() == Told{{q + page, q + 8 * page}});
}

TEST_CASE("what is mapped into a mapping has its pages") {
  Story story(pages_of(kib16));
  story.map(q, 8 * page).map(q + page, page, 0x10).lock(q + page, 32);
  CHECK(story.locked() == Told{{q, q + kib16}});
  // A new mapping over all of it is one of its own.
  story.map(q + page, 8 * page, 0x10).lock(q + page, 32);
  CHECK(story.locked() == Told{{q, q + 5 * page}});
}

TEST_CASE("the heap grows on the pages it has") {
  Story story(pages_of(kib16));
  story.kernel().heap_end = q + page;
  story.brk(q + 2 * page).lock(q + page, 32).brk(q + 6 * page).lock(q + 4 * page, 32);
  CHECK(story.locked() == Told{{q + page, q + 5 * page}});
  CHECK(story.brk(q + 2 * page).locked() == Told{{q + page, q + 2 * page}});
}

TEST_CASE("where no mapping is known, pages are those of the addresses, up to the next known one") {
  Story story(pages_of(kib16));
  story.lock(p + 6 * page, 32);
  CHECK(story.locked() == Told{{p + 4 * page, p + 8 * page}});
  story.map(p + 18 * page, page, 0x10).lock(p + 17 * page, 32).unlock(p + 6 * page, 32);
  CHECK(story.locked() == Told{{p + 16 * page, p + 18 * page}});
}

TEST_CASE("a list of mappings tells where they are, and does not join what was two") {
  Story story(pages_of(kib16));
  story.kernel().pages.clear();
  story.kernel().put(q + page, 8 * page);
  story.map(q + 9 * page, page).map(q + 10 * page, page).snapshot();
  story.lock(q + 2 * page, 32);
  CHECK(story.locked() == Told{{q + page, q + 5 * page}});
  story.lock(q + 9 * page, 32);
  CHECK(story.locked() == Told{{q + page, q + 5 * page}, {q + 9 * page, q + 10 * page}});
  CHECK(story.snapshot().totals().divergences == 0);
}

TEST_CASE("the pages of a stack are those of the addresses") {
  Story story(pages_of(kib16));
  story.kernel().pages.clear();
  story.kernel().put(q + 3 * page, 6 * page, {.grows_down = true});
  story.snapshot().lock(q + 6 * page, 32);
  CHECK(story.locked() == Told{{q + 4 * page, q + 8 * page}});
}

TEST_CASE("where mappings lie is forgotten with the last lock, unless all are recorded") {
  for (const auto mappings : {WhatIf::Mappings::all, WhatIf::Mappings::while_locked}) {
    Story story(Story::Elsewhere{"linux", kib16, mappings});
    story.map(q + page, 4 * page).lock(q + page, 32).unlock(q + page, 32).lock(q + page, 32);
    const bool all = mappings == WhatIf::Mappings::all;
    CHECK(story.locked() == (all ? Told{{q + page, q + 5 * page}} : Told{{q, q + 4 * page}}));
  }
}

TEST_CASE("a child of fork has the mappings of its parent, and no lock") {
  Story story(pages_of(kib16));
  story.map(q + page, 4 * page).lock(q + page, 32).fork().in_child().lock(q + 2 * page, 32);
  CHECK(story.locked() == Told{{q + page, q + 5 * page}});
  // It locked its copy of the parent's bytes: on 4 KiB pages it did not.
  story.outlive();
  CHECK(story.told().empty());
  Story small(on("linux"));
  small.map(q + page, 4 * page).lock(q + page, 32).fork().in_child().lock(q + 2 * page, 32);
  small.outlive();
  CHECK(small.out.findings.size() == 1);
  CHECK(small.out.findings.at(0).confidence == Confidence::modelled);
}

TEST_CASE("a lock moves with its mapping, and what has grown is locked") {
  Story story(pages_of(kib16));
  story.map(q + page, 4 * page).lock(q + 2 * page, 32);
  story.remap(q + page, 4 * page, 6 * page, q + 9 * page);
  CHECK(story.locked() == Told{{q + 9 * page, q + 15 * page}});
  story.lock(q + 9 * page, 32).unlock(q + 10 * page, 32);
  const Lines spill{"spill high modelled [q+36864,q+36896) of mlock [q+36864,q+36896)"};
  CHECK(story.told() == spill);
  CHECK(story.locked() == Told{{q + 13 * page, q + 15 * page}});
  CHECK(story.snapshot().totals().divergences == 0);
}

// ---- Counting -----------------------------------------------------------------------------------

TEST_CASE("where locks are counted, stacked and neighbouring locks survive one unlock") {
  Story stacked(on("darwin"));
  stacked.lock(p, 64).lock(p, 64).unlock(p, 64);
  CHECK(stacked.told().empty());
  CHECK(stacked.locked() == Told{{p, p + page}});
  CHECK(stacked.unlock(p, 64).locked().empty());
  CHECK(stacked.told().empty());

  Story neighbours(on("darwin"));
  neighbours.lock(p, 32).lock(p + 100, 32).unlock(p, 32);
  CHECK(neighbours.told().empty());
  // Whoever unlocks twice takes what was not his.
  neighbours.unlock(p, 32);
  CHECK(neighbours.told() == Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)"});

  Story nested(on("darwin"));
  nested.lock(p, 8192).lock(p + 4096, 100).unlock(p + 4096, 100);
  CHECK(nested.told().empty());
  CHECK(nested.locked() == Told{{p, p + 2 * page}});
}

TEST_CASE("where locks are counted, one unlock of two locks leaves their pages locked") {
  Story story(on("darwin"));
  story.lock(p, 32).lock(p + 32, 32).unlock(p, 64);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
  CHECK(story.locked() == Told{{p, p + page}});
}

TEST_CASE("still locked after an unlock is no sign of secret memory where locks are counted") {
  Story story(on("darwin"));
  story.lock(p, 64).lock(p, 64).unlock(p, 64).unlock(p, 64).lock(p, 32).lock(p + 100, 32);
  story.unlock(p, 32).unlock(p, 32);
  CHECK(story.told().size() == 1);
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("counts stop at 65535") {
  Story story(on("darwin"));
  for (int n = 0; n < 65537; ++n) story.lock(p, 32);
  for (int n = 0; n < 65534; ++n) story.unlock(p, 32);
  CHECK(!story.locked().empty());
  CHECK(story.unlock(p, 32).locked().empty());
}

TEST_CASE("counts move, end with their mapping, and are not inherited") {
  Story story(on("darwin"));
  story.lock(p, page).lock(p, page).remap(p, page, page, q).unlock(q, page);
  CHECK(story.locked() == Told{{q, q + page}});
  story.map(p, page).lock(p, page).unlock(p, page);
  CHECK(story.locked() == Told{{q, q + page}});
  story.lock(q, page).fork().in_child().lock(q, page).unlock(q, page);
  CHECK(story.locked().empty());
  CHECK(story.totals().divergences == 0);
}

// ---- Refusals -----------------------------------------------------------------------------------

TEST_CASE("what is refused locks nothing, releases what it named, and is counted") {
  Story story(on("illumos"));
  story.lock(p, page).lock(p + page + 100, 32).unlock(p + 100, 32).unlock(p, page);
  CHECK(story.told().empty());
  CHECK(story.totals().lock_failures == 1);
  CHECK(story.totals().claims == 0);
  CHECK(story.locked().empty());
  const WhatIf::Refused refused{{{Call::mlock, 22}, 1}, {{Call::munlock, 22}, 1}};
  CHECK(story.what_if()->refused() == refused);
  story.finish();
  CHECK(story.told() == Lines{"lock-failed low modelled x1"});
  CHECK(story.out.findings.at(0).locked_after == KernelWord::Locked::unknown);
}

TEST_CASE("a refused unlock keeps the pages locked: no finding, but memory that nobody frees") {
  Story story(on("netbsd"));
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 2 * page);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
  CHECK(story.locked() == Told{{p, p + page}});
  CHECK(story.unlock(p, page).locked().empty());
}

TEST_CASE("what Linux refuses for its arguments is another platform's to refuse") {
  Story story(on("netbsd"));
  story.lock(p, page).unlock(p, Address{0} - p);
  CHECK(story.last_ret() == -12);
  CHECK(story.what_if()->refused().empty());
  CHECK(story.totals().claims == 1);
}

TEST_CASE("what failed on Linux for a limit fails everywhere, and is no refusal") {
  for (const Platform& each : platforms()) {
    Story story(on(each.name));
    story.refuse(12).lock(p, page).refuse(1).lock(p, page).refuse(11).lock(p, page);
    CHECK(story.last_ret() == -11);
    CHECK(story.locked().empty());
    CHECK(story.totals().lock_failures == 3);
    CHECK(story.what_if()->refused().empty());
  }
}

TEST_CASE("a lock that failed half way has locked what it has where a hole leaves that, too") {
  for (const std::string_view name : {"linux", "gvisor", "freebsd", "darwin", "illumos"}) {
    Story story(on(name));
    story.map(q, page, 0, {.no_access = true}).lock(q, page);
    CHECK(story.last_ret() == -12);
    const bool kept = name == "linux" || name == "gvisor";
    CHECK(story.locked() == (kept ? Told{{q, q + page}} : Told{}));
    CHECK(story.finish().out.findings.at(0).locked_after ==
          (kept ? KernelWord::Locked::all : KernelWord::Locked::none));
  }
  Story wide(pages_of(kib16));
  wide.map(q, 4 * page, 0, {.no_access = true}).lock(q + page, page);
  CHECK(wide.locked() == Told{{q, q + kib16}});
}

TEST_CASE("an unlock that failed for want of mappings has unlocked nothing anywhere") {
  for (const Platform& each : platforms()) {
    if (each.name == "strict") continue;
    Story story(on(each.name));
    story.lock(p, 3 * page).refuse(12).unlock(p + page, page);
    CHECK(story.last_ret() == (each.name == "qnx" ? 0 : -12));
    CHECK(story.locked().at(0).covers({p, p + 3 * page}));
  }
}

// ---- Kinds of memory ----------------------------------------------------------------------------

TEST_CASE("memory that mlock skips is skipped") {
  for (const std::string_view name : {"linux", "darwin", "openbsd"}) {
    Story story(on(name));
    story.map(q, page, 0, {.special = true}).map(q + page, page);
    story.lock(q, 2 * page).lock(q, 2 * page);
    CHECK(story.last_ret() == 0);
    CHECK(story.locked() == Told{{q + page, q + 2 * page}});
    CHECK(story.snapshot().totals().divergences == 0);
  }
}

TEST_CASE("secret memory stays locked, and mlock of it is no failure") {
  for (const std::string_view name : {"linux", "darwin", "openbsd", "netbsd"}) {
    Story story(on(name));
    story.map(q, page, 0, {.secret = true}).lock(q, page).unlock(q, page);
    CHECK(story.last_ret() == 0);
    CHECK(story.totals().lock_failures == 0);
    CHECK(story.locked() == Told{{q, q + page}});
    story.unlock_all().lock(q, page);
    CHECK(story.locked() == Told{{q, q + page}});
    CHECK(story.snapshot().totals().divergences == 0);
  }
}

TEST_CASE("a locked stack grows by locked pages; an unlocked one does not") {
  for (const std::string_view name : {"linux", "darwin"}) {
    Story story(on(name));
    const SimKernel::Page stack{.grows_down = true};
    story.map(q + page, page, 0, stack).lock_all();
    story.kernel().put(q, page, {.locked = true, .grows_down = true});
    story.snapshot().unlock(q + page, 32);
    CHECK(holds(story, q) == (name == "linux"));
    CHECK(story.totals().divergences == 0);
  }
}

TEST_CASE("locks from before the tracing are taken as they are, on whole pages") {
  Story story(pages_of(kib16));
  story.kernel().put(p + page, page, {.locked = true});
  story.snapshot();
  CHECK(story.locked() == Told{{p, p + kib16}});
  // What of them is not named is lost, possibly.
  story.lock(p + 2 * page, 32).unlock(p + 2 * page, 32);
  CHECK(story.locked().empty());
  CHECK(story.totals().possible == 1);
}

TEST_CASE("the kernel's list is given with the locks of the other platform") {
  Story story(on("darwin"));
  story.lock(p, 32).lock(p, 32).unlock(p, 32).lock(p + 3 * page, 32).unlock(p + 3 * page, 32);
  story.lost(1).snapshot(); // the ledger takes the list, and all is as Linux had it
  CHECK(story.locked().empty());
  story.lock(p, 32).lock(p, 32).unlock(p, 32).snapshot().overlapped().unlock(p + page, 32);
  story.snapshot(); // now it is as the what-if has it
  CHECK(story.locked() == Told{{p, p + page}});
  CHECK(story.totals().divergences == 0);
}

// ---- Losses and silence -------------------------------------------------------------------------

TEST_CASE("after a loss nothing is known, and the next list begins it anew") {
  Story story(on("darwin"));
  story.lock(p, 32).lock(p, 32).lose().lock(p + page, 32).unlock(p, 32);
  CHECK(story.locked().empty());
  story.lock(p, 32).snapshot().unlock(p, 32);
  CHECK(story.locked() == Told{{p + page, p + 2 * page}});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("a list that comes too early is not taken") {
  Story story(on("netbsd"));
  story.lock(p, page);
  story.unlock(p, 2 * page); // refused there
  story.lose().lock(p + page, page).snapshot();
  story.lock(p, page);
  CHECK(story.locked() == Told{{p, p + 2 * page}});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("without the kernel's words the rules decide") {
  Story darwin(on("darwin"), page, Story::Words::silent);
  darwin.lock(p, 64).lock(p, 64).unlock(p, 64);
  CHECK(darwin.locked() == Told{{p, p + page}});
  CHECK(darwin.unlock(p, 64).locked().empty());
  Story wide(pages_of(kib16), page, Story::Words::silent);
  wide.lock(p, 4096).lock(p + 4096, 4096).unlock(p, 4096);
  CHECK(wide.told() == Lines{"spill high modelled [p+4096,p+8192) of mlock [p+4096,p+8192)"});
  // A hole that only the list of mappings tells of.
  Story hole(on("darwin"), page, Story::Words::silent);
  hole.lock(p, 4 * page).unmap(p + 2 * page, page).snapshot().unlock(p, 4 * page);
  CHECK(hole.last_ret() == 0);
  CHECK(hole.locked().empty());
}

TEST_CASE("what need not be translated is said not to") {
  CHECK(!WhatIf::needed(*find_platform("linux"), PageSize(4096), PageSize(4096)));
  CHECK(WhatIf::needed(*find_platform("linux"), PageSize(4096), PageSize(16384)));
  CHECK(WhatIf::needed(*find_platform("gvisor"), PageSize(4096), PageSize(4096)));
  const WhatIf what_if(*find_platform("linux"), PageSize(4096), PageSize(16384));
  CHECK(what_if.granularity() == PageSize(4096));
}
