// Many claims: what a call costs follows what it meets.
#include "model/inheritance.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

using namespace mlockscope::test;

TEST_CASE("a hundred thousand claims on one page are bounded in findings and all released") {
  Story story(65536);
  constexpr unsigned count = 100'000;
  const auto at = [](unsigned n) { return p + n % 60'000; };
  for (unsigned n = 0; n < count; ++n) story.lock(at(n), 8 + n / 60'000);
  CHECK(story.totals().claims == count);
  story.told();
  story.unlock(p + 65'000, 1);
  CHECK(story.told().size() == 1024);
  CHECK(story.totals().findings_dropped == count - 1024);
  // Nothing is locked now, so nothing is looked at.
  for (unsigned n = count; n-- > 0;) story.unlock(at(n), 8 + n / 60'000);
  CHECK(story.totals().claims == 0);
  CHECK(story.totals().exposures == 0);
  CHECK(story.out.exposures.size() == 1024);
}

TEST_CASE("of a hundred thousand claims, a child of fork is told of some") {
  Story story(65536);
  for (unsigned n = 0; n < 100'000; ++n) story.lock(p + n * 2, 1);
  story.fork().in_child().outlive();
  REQUIRE(story.out.findings.size() == 1);
  const Finding& finding = story.out.findings.front();
  CHECK(finding.inherited->claims.size() == Inheritance::claims_listed);
  CHECK(finding.inherited->claims_in_all == Estate::most_items);
  CHECK(finding.exposed_bytes == Estate::most_items);
}

TEST_CASE("a hundred thousand claims on pages of their own do not meet") {
  Story story;
  constexpr unsigned count = 100'000;
  story.kernel().silent = true;
  story.kernel().put(q, std::uint64_t{count} * 8192);
  // In an order that is neither ascending nor descending.
  const auto at = [](unsigned n) { return q + std::uint64_t{n} * 40'503 % count * 8192; };
  for (unsigned n = 0; n < count; ++n) story.lock(at(n) + 8, 32);
  CHECK(story.locked().size() == count);
  CHECK(story.totals().claims == count);
  for (unsigned n = 0; n < count; ++n) story.unlock(at(n) + 8, 32);
  CHECK(story.told().empty());
  CHECK(story.locked().empty());
  CHECK(story.model().idle(story.space()));
}
