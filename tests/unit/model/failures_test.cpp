// Lock requests that were refused.
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

namespace {

void from(Story& story, Address place) {
  story.tweak([place](CallEvent& event) {
    event.failure = LockFailure{.limit_soft = 65536, .place = place};
  });
}

} // namespace

TEST_CASE("equal failures are one finding with a count, a second after the first") {
  Story story;
  for (int n = 0; n < 5; ++n) story.refuse(12).lock(p + 4096u * static_cast<unsigned>(n), 32);
  CHECK(story.told().empty());
  story.tick(1);
  CHECK(story.told() == Lines{"lock-failed high verified x5"});
  CHECK(story.out.findings.front().call.addr == p);
  CHECK(!story.out.findings.front().victim);
  story.refuse(12).lock(p, 32).tick(5).finish();
  CHECK(story.told().empty());
  CHECK(story.totals().findings.at(Kind::lock_failed) == 1);
}

TEST_CASE("every refused call is in the total, also those that no finding counts") {
  Story story;
  for (int n = 0; n < 5; ++n) story.refuse(12).lock(p, 32);
  story.tick(1).refuse(12).lock(p, 32).refuse(12).lock(p, 32).refuse(11).map(q, 4096);
  CHECK(story.told() == Lines{"lock-failed high verified x5"});
  CHECK(story.totals().lock_failures == 7);
}

TEST_CASE("a failure says what is locked after it, a hole being never locked") {
  using Locked = KernelWord::Locked;
  const auto after = [](Story& story) {
    story.finish();
    REQUIRE(story.out.findings.size() == 1);
    return story.out.findings.front().locked_after;
  };
  Story unread, refused, half, hole, silent(4096, Story::Words::silent), all, far;
  unread.map(q, 4096, 0, {.no_access = true}).lock(q, 32);
  CHECK(after(unread) == Locked::all);
  CHECK(after(refused.refuse(12).lock(p, 32)) == Locked::none);
  CHECK(after(half.lock(p, 32).refuse(12).lock(p, 8192)) == Locked::some);
  CHECK(after(hole.unmap(p + 4096, 4096).lock(p, 8192)) == Locked::some);
  CHECK(after(silent.refuse(12).lock(p, 32)) == Locked::unknown);
  CHECK(after(all.refuse(12).lock_all()) == Locked::unknown);
  far.refuse(12).tweak([](CallEvent& event) { event.after.walked.end -= 4096; }).lock(p, 8192);
  CHECK(after(far) == Locked::unknown); // the walk ended before the range
}

TEST_CASE("any later event gives it out") {
  Story story;
  story.refuse(12).lock(p, 32);
  story.now += 2'000'000'000;
  story.unlock(p, 32);
  CHECK(story.told() == Lines{"lock-failed high verified x1"});
}

TEST_CASE("the end of the address space gives it out, and the end of tracing") {
  Story story;
  story.refuse(12).lock(p, 32).end();
  CHECK(story.told() == Lines{"lock-failed high verified x1"});
  Story other;
  other.refuse(12).lock(p, 32).refuse(1).lock_all(1).finish();
  CHECK(other.told() == Lines{"lock-failed high verified x1", "lock-failed high verified x1"});
}

TEST_CASE("other places, errors and calls are other findings") {
  Story story;
  from(story, 1);
  story.refuse(12).lock(p, 32);
  from(story, 2);
  story.refuse(12).lock(p, 32);
  from(story, 2);
  story.refuse(1).lock(p, 32);
  from(story, 2);
  story.refuse(1).lock2(p, 32).finish();
  CHECK(story.told().size() == 4);
  CHECK(story.out.findings.front().failure->limit_soft == 65536);
}

TEST_CASE("mistakes in the arguments are low") {
  Story story;
  story.lock(p, UINT64_MAX - p).refuse(17).map(q, 4096, 0x102000).finish();
  CHECK(story.told() == Lines{"lock-failed low verified x1", "lock-failed low verified x1"});
}

TEST_CASE("mmap(MAP_LOCKED) and mlockall can fail, a plain mmap is not asked") {
  Story story;
  story.refuse(11).map(q, 4096, 0x2000).refuse(12).lock_all(3).refuse(11).map(q, 4096).finish();
  CHECK(story.told() == Lines{"lock-failed high verified x1", "lock-failed high verified x1"});
  CHECK(story.out.findings.at(0).call.call == Call::mmap);
}

TEST_CASE("an interrupted call was not refused, and memfd_secret memory is locked from birth") {
  Story story;
  story.refuse(4).lock(p, 32).refuse(512).lock(p, 32).refuse(516).lock_all(1);
  story.map(q, 4096, 0, {.secret = true}).lock(q, 32).finish();
  CHECK(story.last_ret() == -12);
  CHECK(story.told().empty());
}

TEST_CASE("places are bounded; beyond the bound call and errno tell failures apart") {
  Story story;
  for (Address place = 1; place <= 2000; ++place) {
    from(story, place);
    story.refuse(12).lock(p, 32);
  }
  story.finish();
  CHECK(story.out.findings.size() == 1025);
  CHECK(story.out.findings.back().count == 976);
}
