#include "metrics/landing.hpp"

#include "host.hpp"

#include "support/catch.hpp"

using namespace mlockscope;
using namespace mlockscope::test;

namespace {

bool has(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("before the probes are attached the page says so") {
  CHECK(has(metrics::landing_page(nullptr), "Not ready"));
}

TEST_CASE("nothing found, and how sure that is") {
  Host host;
  auto snapshot = host.snapshot();
  CHECK(has(metrics::landing_page(&snapshot), "<h2>No findings</h2>"));
  snapshot.totals.lost = 3;
  CHECK(has(metrics::landing_page(&snapshot), "No findings in what was seen, which is not all"));
}

TEST_CASE("a finding is listed, and whether it is still exposed") {
  Host host;
  host.in(7, "gpg").spill();
  auto snapshot = host.snapshot();
  std::string page = metrics::landing_page(&snapshot);
  CHECK(has(page, "<h2>1 finding</h2>"));
  CHECK(has(page, "<td>spill</td><td class=\"high\">high</td>"));
  CHECK(has(page, "<td>gpg (7)</td><td>munlock</td><td>32 B, still exposed</td>"));
  CHECK(has(page, "1 exposure open now"));
  host.unlock(p + 100, 32);
  snapshot = host.snapshot();
  page = metrics::landing_page(&snapshot);
  CHECK(has(page, "<td>32 B</td>"));
  CHECK(has(page, "0 exposures open now"));
}

TEST_CASE("numbers of a tracer that does not answer are said to be old") {
  Host host;
  const auto snapshot = host.snapshot();
  CHECK(has(metrics::landing_page(&snapshot, false), "The tracer is stuck"));
  CHECK_FALSE(has(metrics::landing_page(&snapshot, true), "The tracer is stuck"));
}

TEST_CASE("a hostile name executes nothing, and no address is told") {
  Host host;
  host.in(7, "<script>'\"&\x1b").spill();
  const auto snapshot = host.snapshot();
  const std::string page = metrics::landing_page(&snapshot);
  CHECK(has(page, "&lt;script&gt;&#39;&quot;&amp;\\x1b"));
  CHECK_FALSE(has(page, "<script"));
  CHECK_FALSE(has(page, "0x7f"));
}

TEST_CASE("only the latest findings are listed") {
  Host host;
  for (std::uint64_t space = 1; space <= 60; ++space) host.in(space, "x").spill();
  const auto snapshot = host.snapshot();
  const std::string page = metrics::landing_page(&snapshot);
  CHECK(has(page, "<h2>60 findings</h2>"));
  CHECK(has(page, "The latest 50:"));
  CHECK(has(page, "x (60)"));
  CHECK(has(page, "x (11)"));
  CHECK_FALSE(has(page, "x (10)"));
}
