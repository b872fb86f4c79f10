// What is lost is counted and said, and nothing false is claimed after it.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>

using namespace mlockscope::live;

namespace {

std::uint64_t lost_by_lines(const Trace& trace) {
  std::uint64_t sum = 0;
  for (const Json& line : trace.of("lost")) sum += line.at("count").get<std::uint64_t>();
  return sum;
}

void check_counted(const Trace& trace) {
  INFO(trace.summary().dump());
  CHECK(trace.summary().at("lost") > 0);
  CHECK(trace.summary().at("lost") == lost_by_lines(trace));
}

/// What a finding says, with addresses from the start of the puppet's memory.
struct Claim {
  std::string kind;
  std::string what; ///< call and victim
  Json exposed;
  Json text;
};

std::string place(const Json& addr, std::uint64_t memory) {
  return std::to_string(static_cast<std::int64_t>(address(addr) - memory));
}

Claim claim_of(const Json& finding, std::uint64_t memory) {
  const Json& call = finding.at("call");
  const Json& victim = finding.at("victim");
  Claim claim;
  claim.kind = finding.at("kind");
  claim.what = "munlock " + place(call.at("addr"), memory) + "+" + call.at("len").dump() +
               " victim " + place(victim.at("addr"), memory) + "+" + victim.at("len").dump();
  for (const Json& range : finding.at("exposed"))
    claim.exposed.push_back({address(range[0]) - memory, address(range[1]) - memory});
  claim.text = finding;
  return claim;
}

/// Runs the same random walk of a puppet; the findings without `possible` ones.
std::vector<Claim> walk(const Words& options, Trace& trace) {
  Words all{"--comm", "walker"};
  all.insert(all.end(), options.begin(), options.end());
  const auto tracer = Tracer::trace(all);
  Puppet puppet("walker");
  puppet.tell("walk 20 3000");
  trace = tracer->stop();
  std::vector<Claim> claims;
  for (const Json& finding : trace.findings()) claims.push_back(claim_of(finding, puppet.memory()));
  return claims;
}

/// If the lock that a munlock releases was made before the loss, the munlock looks like one that
/// cuts a piece off its neighbour: the same call, victim and page, and no byte too many.
bool same_kind(const std::string& truth, const std::string& claimed) {
  return claimed == truth || (claimed == "self-spill" && truth == "nested");
}

bool covers(const Json& outer, const Json& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const Json& part) {
    return std::any_of(outer.begin(), outer.end(), [&](const Json& whole) {
      return whole[0] <= part[0] && part[1] <= whole[1];
    });
  });
}

} // namespace

TEST_CASE("with every seventh event lost, no finding says what a complete run does not") {
  Trace complete, lossy;
  auto truth = walk({}, complete);
  require_complete(complete);
  REQUIRE(truth.size() > 100);
  const auto claims = walk({"--simulate-loss", "7"}, lossy);
  check_counted(lossy);
  std::size_t invented = 0;
  for (const Claim& claim : claims) {
    const auto found = std::find_if(truth.begin(), truth.end(), [&](const Claim& each) {
      return each.what == claim.what && same_kind(each.kind, claim.kind) &&
             covers(each.exposed, claim.exposed);
    });
    if (found == truth.end())
      UNSCOPED_INFO(claim.kind << " " << claim.what << "\n" << claim.text.dump());
    invented += found == truth.end();
    if (found != truth.end()) truth.erase(found);
  }
  CHECK(invented == 0);
}

TEST_CASE("a run that lost events is green only if told so") {
  const auto status = [&](const Words& more) {
    Words options{"--simulate-loss", "7", "--fail-on", "high"};
    options.insert(options.end(), more.begin(), more.end());
    const auto tracer = Tracer::run(options, {program("puppet")});
    tracer->process().line(1);
    tracer->process().say("storm 1000 3\n");
    tracer->process().line(2);
    const Trace trace = tracer->finish();
    check_counted(trace);
    CHECK(trace.findings().empty());
    return trace.ending;
  };
  CHECK(status({}) == "exit 99");
  CHECK(status({"--error-exitcode", "5"}) == "exit 5");
  CHECK(status({"--on-lost", "warn"}) == "exit 0");
  CHECK(status({"--on-lost", "ignore"}) == "exit 0");
}

TEST_CASE("a ring that is too small loses events, counts each, and claims nothing false") {
  const Trace trace = run({"--buffer", "64K"}, {program("hammer"), "2", "2"});
  REQUIRE(trace.ending == "exit 0");
  const Json account = Json::parse(trace.out);
  const Json& summary = trace.summary();
  INFO(account.dump() << "\n" << summary.dump());
  CHECK(trace.findings().empty()); // each worker has a page of its own
  CHECK(summary.at("lost") == lost_by_lines(trace));
  // Every call was either seen or counted as lost; some more events may have been lost.
  const std::uint64_t made =
      account.at("mlock").get<std::uint64_t>() + account.at("munlock").get<std::uint64_t>();
  const Json& calls = summary.at("calls");
  const std::uint64_t seen =
      calls.at("mlock").get<std::uint64_t>() + calls.at("munlock").get<std::uint64_t>();
  CHECK(seen <= made);
  CHECK(seen + summary.at("lost").get<std::uint64_t>() >= made);
}
