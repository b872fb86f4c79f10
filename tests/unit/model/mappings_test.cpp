// Mappings that appear, move and go.
#include "model/linux_abi.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;
namespace abi = mlockscope::model::linux_abi;

TEST_CASE("mmap(MAP_LOCKED) claims the bytes it was asked for") {
  Story story;
  story.map(q, 100, abi::map_locked).unlock(q + 200, 8);
  CHECK(story.told() == Lines{"spill high verified [q,q+100) of mmap [q,q+100)"});
}

TEST_CASE("a mapping over another ends what was there") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).map(p, 4096, abi::map_fixed).lock(p, 8).unlock(p, 8);
  CHECK(story.told().empty());
  CHECK(story.totals().claims == 0);
}

TEST_CASE("unmapping a part trims a claim, which stays one") {
  Story story;
  story.lock(p, 3 * 4096).unmap(p + 4096, 4096).unlock(p + 8192 + 100, 10);
  CHECK(story.told() == Lines{"self-spill high verified [p+8192,p+8292) [p+8302,p+12288) of mlock "
                              "[p,p+12288)"});
}

TEST_CASE("a claim moves with its bytes and keeps its request") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).remap(p, 4096, 4096, q).unlock(q, 32);
  CHECK(story.told() == Lines{"spill high verified [q+100,q+132) of mlock [p+100,p+132) now "
                              "[q+100,q+132)"});
  CHECK(story.locked().empty());
}

TEST_CASE("an exposure moves with its bytes") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  story.remap(p, 4096, 4096, q).map(p, 4096, abi::map_fixed);
  CHECK(story.told().empty());
  story.unmap(q, 4096);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
}

TEST_CASE("what lies at the target of a move ends as unmapped") {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  story.remap(p + 8192, 4096, 4096, p, 3);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
  CHECK(story.locked().empty());
}

TEST_CASE("a claim of which a part moved is one claim") {
  Story story;
  story.lock(p, 8192).remap(p + 4096, 4096, 4096, q);
  CHECK(story.totals().claims == 1);
  story.unlock(q, 4096);
  CHECK(story.told().empty());
  story.lock(p + 100, 0).unlock(p + 100, 0);
  CHECK(story.told() == Lines{"spill high verified [p,p+4096) of mlock [p,p+8192)"});
}

TEST_CASE("a claim whose parts come together again equals its range") {
  Story story;
  story.lock(p, 8192).remap(p + 4096, 4096, 4096, q).map(p + 4096, 4096);
  story.remap(q, 4096, 4096, p + 4096, 3).lock(p, 8192).unlock(p, 8192);
  CHECK(story.told() == Lines{"stacked medium verified [p,p+8192) of mlock [p,p+8192)"});
}

TEST_CASE("growth of a locked mapping is locked, of an unlocked one not") {
  for (const auto words : {Story::Words::told, Story::Words::silent}) {
    Story story(4096, words);
    story.unmap(p + 4096, 4096).lock(p, 8).remap(p, 4096, 8192, p);
    CHECK(story.locked() == std::vector<PageRange>{{p, p + 8192}});
    story.unlock(p, 8192).remap(p, 8192, 4096, p).remap(p, 4096, 8192, p);
    CHECK(story.locked().empty());
    story.lock(p + 8192, 8).remap(p + 8192, 4096, 12288, q);
    CHECK(story.locked() == std::vector<PageRange>{{q, q + 12288}});
  }
}

TEST_CASE("the tail of a shrinking mapping ends as unmapped") {
  Story story;
  story.lock(p + 4096, 32).lock(p + 5000, 32).unlock(p + 4096, 32).told();
  story.remap(p, 8192, 4096, p);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
  story.lock(p + 8192, 8192).remap(p + 8192, 8192, 4096, q);
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
}

TEST_CASE("an old length of 0 makes a second mapping and moves nothing") {
  for (const auto words : {Story::Words::told, Story::Words::silent}) {
    Story story(4096, words);
    story.lock(p, 32).remap(p, 0, 4096, q);
    CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}, {q, q + 4096}});
    story.unlock(q, 32);
    CHECK(story.told().empty());
    CHECK(story.totals().claims == 1);
  }
}

TEST_CASE("MREMAP_DONTUNMAP moves the claims and unlocks the old mapping") {
  for (const bool whole : {false, true}) {
    Story story;
    story.kernel().whole_dontunmap = whole;
    story.lock(p, 3 * 4096).told();
    story.remap(p + 4096, 4096, 4096, q, 1 | abi::mremap_dontunmap);
    CHECK(story.told().empty());
    CHECK(story.totals().divergences == 0);
    const std::vector<PageRange> rest{{p, p + 4096}, {p + 8192, p + 12288}, {q, q + 4096}};
    CHECK(story.locked() == (whole ? std::vector<PageRange>{{q, q + 4096}} : rest));
    // The books follow: nothing diverges at the next look.
    story.lock(p, 8).snapshot();
    CHECK(story.totals().divergences == 0);
  }
}

TEST_CASE("brk: growth is unlocked, shrinking ends claims") {
  Story story;
  story.kernel().heap_end = q;
  story.brk(q + 8192).lock(q, 8192).brk(q + 4096).brk(q + 10000);
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
  story.lock(q + 4096, 8).unlock(q + 4096, 8);
  CHECK(story.told().empty());
}

TEST_CASE("shmdt ends what shmat mapped") {
  Story story;
  CallEvent attach;
  attach.space = story.space();
  attach.call = Call::shmat;
  attach.extent = {q, q + 8192};
  attach.ret = static_cast<std::int64_t>(q);
  story.kernel().put(q, 8192);
  attach.after = story.kernel().word({q, q + 8192});
  story.send(attach).lock(q, 32).lock(q + 100, 32).unlock(q, 32).told();
  CallEvent detach = attach;
  detach.call = Call::shmdt;
  detach.ret = 0;
  story.send(detach);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
}

TEST_CASE("a failed MAP_FIXED that left a hole ends what was there, another one does not") {
  Story story;
  story.lock(p, 32).refuse(9).map(p, 4096, abi::map_fixed);
  CHECK(story.totals().claims == 1);
  story.kernel().pages.erase(p);
  story.refuse(9).map(p, 4096, abi::map_fixed);
  CHECK(story.totals().claims == 0);
  CHECK(story.locked().empty());
}

TEST_CASE("a failed mremap onto a target that left a hole ends what was there") {
  Story story;
  story.lock(p, 32);
  story.kernel().pages.erase(p);
  story.refuse(12)
      .tweak([](CallEvent& event) {
        event.after.locked = KernelWord::Locked::none;
        event.after.walked = {p, p};
        event.after.hole = true;
      })
      .remap(p + 8192, 4096, 4096, p, 3);
  CHECK(story.totals().claims == 0);
}

namespace {

/// [p,p+4096) and [p+4096,p+8192) are mappings of their own, the second cannot be moved.
struct Sealed : Story {
  explicit Sealed(Words words = Words::told) : Story(4096, words) {
    kernel().pages[p + 4096].sealed = true;
  }
};

} // namespace

TEST_CASE("a mremap that failed half way took the first mappings with it") {
  Sealed story;
  story.lock(p, 32).lock(p + 100, 32).lock(p + 4096, 8).remap(p, 8192, 8192, q, 3);
  CHECK(story.last_ret() == -abi::eperm);
  CHECK(story.locked() == std::vector<PageRange>{{p + 4096, p + 8192}, {q, q + 4096}});
  CHECK(story.out.asked.size() == 1);
  story.unlock(q, 32).snapshot().unlock(p + 4096, 8);
  CHECK(story.told() == Lines{"spill high verified [q+100,q+132) of mlock [p+100,p+132) now "
                              "[q+100,q+132)"});
  CHECK(story.totals().divergences == 0);
}

TEST_CASE("what lay where a mremap that failed half way moved something has ended") {
  Sealed story;
  story.kernel().put(q, 4096);
  story.lock(q, 32).lock(q + 100, 32).unlock(q, 32).told();
  story.lock(p, 32).remap(p, 8192, 8192, q, 3);
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
}

TEST_CASE("what a mremap that failed half way left behind stays, though its target is mapped") {
  Sealed story;
  story.kernel().put(q, 8192);
  story.lock(p, 32).lock(p + 4096, 32).lock(p + 4200, 32).remap(p, 8192, 8192, q, 3).told();
  CHECK(story.locked() == std::vector<PageRange>{{p + 4096, p + 8192}, {q, q + 4096}});
  story.unlock(p + 4096, 32);
  CHECK(story.told() == Lines{"spill high verified [p+4200,p+4232) of mlock [p+4200,p+4232)"});
}

TEST_CASE("a failed mremap that moved nothing changes nothing") {
  Story story;
  story.kernel().put(q, 4096);
  story.lock(p, 8).lock(q, 8).refuse(abi::einval).remap(p, 4096, 4096, q, 3);
  CHECK(story.totals().claims == 2);
  CHECK(story.out.asked.empty());
  // Nothing was there to be moved: whoever is at the target stays.
  story.unmap(p + 8192, 4096).refuse(14).remap(p + 8192, 4096, 4096, q, 3);
  CHECK(story.totals().claims == 2);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}, {q, q + 4096}});
}

TEST_CASE("a failed mremap of which nothing can be told makes the books partial") {
  Sealed story(Story::Words::silent);
  story.lock(p, 8).remap(p, 8192, 8192, q, 3);
  CHECK(story.out.asked.size() == 1);
  CHECK(story.totals().claims == 1);
  story.snapshot();
  CHECK(story.totals().claims == 0);
  CHECK(story.locked() == std::vector<PageRange>{{q, q + 4096}});
  Sealed idle(Story::Words::silent);
  idle.remap(p, 8192, 8192, q, 3);
  CHECK(idle.out.asked.empty()); // there was nothing to lose
}

TEST_CASE("an shmdt that nobody knows the length of leaves it to the kernel's list") {
  Story story;
  story.kernel().put(q, 8192);
  story.lock(q + 4096, 32).lock(q + 4200, 32).unlock(q + 4096, 32).told();
  story.unmap(q, 4096);
  CallEvent detach;
  detach.space = story.space();
  detach.call = Call::shmdt;
  detach.addr = q;
  detach.extent = {q, q};
  story.kernel().pages.erase(q + 4096);
  story.send(detach);
  CHECK(story.out.asked.size() == 1);
  story.snapshot();
  CHECK(story.told() == Lines{"closed 1 unmapped 32"});
  CHECK(story.totals().claims == 0);
  CHECK(story.totals().divergences == 0);
  CHECK(story.model().idle(story.space()));
  story.send(detach); // of an address space where nothing matters
  CHECK(story.out.asked.size() == 1);
}

TEST_CASE("an munmap that arrives late leaves alone what was mapped there meanwhile") {
  Story story;
  story.lock(p, 32);
  const Time entered = story.now + 10;
  // Thread B is given p by mmap and locks it; A's munmap of the old mapping is told afterwards.
  story.overlapped().map(p, 4096).lock(p, 64);
  story
      .tweak([&](CallEvent& event) {
        event.overlapped = true;
        event.enter = entered;
      })
      .unmap(p, 8192);
  CHECK(story.totals().claims == 1);
  CHECK(story.locked() == std::vector<PageRange>{{p, p + 4096}});
  // One that was entered after the mapping was there is meant.
  story.overlapped().unmap(p, 4096);
  CHECK(story.totals().claims == 0);
}

TEST_CASE("the model follows the same rules without the kernel's word") {
  Story story(4096, Story::Words::silent);
  story.map(q, 8192, abi::map_locked).lock_all(2).map(q + 65536, 4096).unmap(q, 4096);
  CHECK(story.locked() ==
        std::vector<PageRange>{{q + 4096, q + 8192}, {q + 65536, q + 65536 + 4096}});
}
