#include "metrics/exposition.hpp"

#include "host.hpp"
#include "metrics/catalogue.hpp"
#include "metrics/process_collector.hpp"

#include "support/catch.hpp"

#include <set>
#include <sstream>

using namespace mlockscope;
using namespace mlockscope::test;

namespace {

std::string exposition_of(Host& host) {
  const auto snapshot = std::make_shared<const metrics::Snapshot>(host.snapshot());
  const metrics::Exposition exposition(
      {std::make_shared<metrics::TracerCollector>([snapshot] { return snapshot; }),
       std::make_shared<metrics::ProcessCollector>()});
  return exposition.text();
}

} // namespace

TEST_CASE("the text has every metric of the catalogue once, with help and type") {
  Host host;
  host.in(1, "gpg").spill();
  const std::string text = exposition_of(host);
  std::multiset<std::string> told;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE ")) told.insert(line.substr(7, line.rfind(' ') - 7));
  std::multiset<std::string> wanted;
  for (const auto& each : metrics::catalogue()) wanted.emplace(each.name);
  CHECK(told == wanted);
}

TEST_CASE("a hostile name cannot break a line of the text") {
  Host host;
  host.in(1, "a\n\"} 1 #").spill();
  const std::string text = exposition_of(host);
  CHECK(text.find(R"(mlockscope_claims{comm="a\\x0a\"} 1 #"} 1)") != std::string::npos);
}

TEST_CASE("without a snapshot there is still the process") {
  const metrics::Exposition exposition(
      {std::make_shared<metrics::TracerCollector>([] { return nullptr; }),
       std::make_shared<metrics::ProcessCollector>()});
  CHECK(exposition.text().find("process_open_fds ") != std::string::npos);
}
