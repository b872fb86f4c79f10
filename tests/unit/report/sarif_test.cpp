#include "report/sarif.hpp"

#include "ci_outputs.hpp"
#include "report/explain.hpp"
#include "report/sarif_value.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>
#include <regex>

using namespace mlockscope;
using ci_outputs::grouped;
using Json = nlohmann::ordered_json;

namespace {

template <class Write>
Json run_of(Write write, const report::Summary& summary = samples::summary()) {
  const Json log = Json::parse(ci_outputs::sarif(write, summary));
  CHECK(log.at("version") == "2.1.0");
  REQUIRE(log.at("runs").size() == 1);
  return log.at("runs")[0];
}

Json result_of(const model::Finding& finding, const report::Context& context) {
  const Json run = run_of([&](report::Sink& sink) { sink.finding(finding, context); });
  REQUIRE(run.at("results").size() == 1);
  return run.at("results")[0];
}

Json result_of(const model::Finding& finding) { return result_of(finding, grouped(finding)); }

} // namespace

TEST_CASE("every kind is a rule with a help and its CWE") {
  const Json run = run_of([](report::Sink&) {});
  CHECK(run.at("results") == Json::array());
  CHECK(run.at("tool").at("driver").at("version") == "0.1.0");
  const Json& rules = run.at("tool").at("driver").at("rules");
  REQUIRE(rules.size() == model::kinds.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    CHECK(rules[i].at("help").at("markdown") == report::explain_markdown(model::kinds[i]));
    CHECK(rules[i].at("properties").at("tags") == Json({"security", "external/cwe/cwe-591"}));
    CHECK(std::stod(rules[i].at("properties").at("security-severity").get<std::string>()) > 0);
    CHECK(rules[i].at("relationships")[0].at("target").at("id") == "591");
  }
  CHECK(rules[1].at("id") == "self-spill");
  CHECK(rules[1].at("name") == "SelfSpill");
  CHECK(rules[7].at("defaultConfiguration").at("level") == "error");
  CHECK(rules[3].at("defaultConfiguration").at("level") == "warning");
  CHECK(run.at("taxonomies")[0].at("taxa")[0].at("id") == "591");
}

TEST_CASE("a result leads to both places") {
  const Json result = result_of(samples::spill());
  CHECK(result.at("ruleId") == "spill");
  CHECK(result.at("ruleIndex") == 0);
  CHECK(result.at("level") == "error");
  CHECK(result.at("message").at("text") ==
        "demo: munlock by wipe.c:12 in wipe unlocked bytes of another lock on the same page; mlock "
        "by make+0x20 (libkeys.so.1) had locked them. Exposed: 32 B.");
  const Json& place = result.at("locations")[0];
  CHECK(place.at("physicalLocation").dump() ==
        R"({"artifactLocation":{"uri":"keys/wipe.c","uriBaseId":"%SRCROOT%"},)"
        R"("region":{"startLine":12}})");
  CHECK(place.at("logicalLocations")[0].at("fullyQualifiedName") == "wipe");
  const Json& related = result.at("relatedLocations")[0];
  CHECK(related.at("physicalLocation").at("artifactLocation").at("uri") ==
        "file:///opt/keys/libkeys.so.1");
  CHECK(related.at("message").at("text") ==
        "The bytes had been locked here: make+0x20 (libkeys.so.1)");
  REQUIRE(result.at("stacks").size() == 2);
  CHECK(result.at("stacks")[0].at("frames").size() == places::unlocking().size());
  CHECK(result.at("stacks")[1].at("frames")[1].at("module") == "libkeys.so.1");
  CHECK(result.at("codeFlows")[0].at("threadFlows")[0].at("locations").size() == 2);
}

TEST_CASE("where the place has no source of ours, its caller that has is shown") {
  report::Context context = places::context();
  context.call_stack[1].file = "/usr/src/keys/wipe.c";
  context.call_stack[2] = places::with_line(context.call_stack[2], "/src/session.c", 40);
  const Json result = result_of(samples::spill(), grouped(samples::spill(), context));
  const Json& place = result.at("locations")[0];
  CHECK(place.at("physicalLocation").at("artifactLocation").at("uri") == "session.c");
  CHECK(place.at("message").at("text") == "The bytes were unlocked here (munlock): wipe.c:12 in "
                                          "wipe, called by session.c:40 in close_session");
}

TEST_CASE("a group is one result") {
  const Json run = run_of([](report::Sink& sink) {
    for (int i = 0; i < 3; ++i) {
      model::Finding finding = samples::spill();
      finding.call.time += static_cast<model::Time>(i) * samples::second;
      sink.finding(finding, grouped(finding));
    }
  });
  REQUIRE(run.at("results").size() == 1);
  const Json& result = run.at("results")[0];
  CHECK(result.at("occurrenceCount") == 3);
  CHECK(result.at("partialFingerprints").at("mlockscopeGroup/v1") ==
        report::group_text(*report::group_of(samples::spill(), places::context())));
  const Json& properties = result.at("properties");
  CHECK(properties.at("count") == 3);
  CHECK(properties.at("bytes") == 96);
  CHECK(properties.at("confidence") == "verified");
  CHECK(properties.at("first") == "2026-01-31T23:59:59.123456789Z");
  CHECK(properties.at("last") == "2026-02-01T00:00:01.123456789Z");
}

TEST_CASE("levels follow the severity") {
  for (const auto& [severity, level] : {std::pair(model::Severity::critical, "error"),
                                        {model::Severity::high, "error"},
                                        {model::Severity::medium, "warning"},
                                        {model::Severity::low, "note"}}) {
    model::Finding finding = samples::spill();
    finding.severity = severity;
    CHECK(result_of(finding).at("level") == level);
  }
}

TEST_CASE("a suppressed result says so and why") {
  report::Context context = grouped(samples::spill());
  CHECK_FALSE(result_of(samples::spill(), context).contains("suppressions"));
  context.suppressed_by = "wiping";
  CHECK(result_of(samples::spill(), context).at("suppressions").dump() ==
        R"([{"kind":"external","justification":"wiping"}])");
}

TEST_CASE("without stacks a result leads to the program") {
  const Json result = result_of(samples::spill(), {.process = samples::process()});
  CHECK(result.at("locations")[0].at("physicalLocation").at("artifactLocation").at("uri") ==
        "file:///usr/bin/demo");
  CHECK(result.at("partialFingerprints").at("mlockscopeProgram/v1") == "spill demo");
  CHECK_FALSE(result.contains("relatedLocations"));
  CHECK(result.at("stacks") == Json::array());
  CHECK(result_of(samples::spill(), {}).at("locations")[0].at("physicalLocation").is_object());
}

TEST_CASE("a lock that failed has one place") {
  const Json result = result_of(samples::lock_failed());
  CHECK(result.at("occurrenceCount") == 117);
  CHECK_FALSE(result.contains("relatedLocations"));
  CHECK(result.at("stacks").size() == 1);
}

TEST_CASE("a run that lost events was not successful") {
  CHECK(run_of([](report::Sink&) {}).at("invocations")[0].at("executionSuccessful") == true);
  report::Summary summary = samples::summary();
  summary.totals.lost = 12;
  const Json run = run_of(
      [](report::Sink& sink) {
        sink.lost({.count = 12, .time = samples::second, .cause = "ring buffer full"});
      },
      summary);
  const Json& invocation = run.at("invocations")[0];
  CHECK(invocation.at("executionSuccessful") == false);
  CHECK(invocation.at("startTimeUtc") == "2026-01-31T23:59:00.000000001Z");
  const Json& notes = invocation.at("toolExecutionNotifications");
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].at("message").at("text") ==
        "12 events lost (ring buffer full); findings may be missing");
  CHECK(notes[0].at("level") == "error");
}

TEST_CASE("no address of a process is in the file") {
  const std::string text = ci_outputs::sarif(ci_outputs::all_kinds);
  CHECK_FALSE(std::regex_search(text, std::regex("0x[0-9a-f]{5,}")));
  CHECK(text.find("7f00deadb") == std::string::npos);
  CHECK(text.find(std::to_string(samples::page).substr(0, 8)) == std::string::npos);
}

TEST_CASE("equal runs give equal files wherever they are loaded") {
  const auto moved = [](std::uint64_t by) {
    return ci_outputs::sarif([&](report::Sink& sink) {
      report::Context context = places::context();
      for (model::Frame& frame : context.call_stack) frame.addr += by;
      model::Finding finding = samples::spill();
      finding.call.addr += by;
      finding.exposed[0].start += by;
      sink.finding(finding, grouped(finding, context));
    });
  };
  CHECK(moved(0) == moved(0x1234000));
}

TEST_CASE("hostile names give a valid file") {
  report::Context context = places::context();
  const std::string hostile = "\xff\x01[x](mailto:e){0}\"\n</script>\xed\xa0\x80";
  for (model::Stack* stack : {&context.call_stack, &context.victim_stack})
    for (model::Frame& frame : *stack) {
      frame.symbol = hostile;
      frame.module = "/" + hostile;
      frame.file = "/src/../" + hostile;
      frame.line = 1;
    }
  context.process.exe = hostile;
  context.suppressed_by = hostile;
  const Json result = result_of(samples::spill(), context);
  const std::string text = result.at("message").at("text");
  CHECK(text.find("\\[x\\](mailto") != std::string::npos);
  CHECK(text.find("{{0}}") != std::string::npos);
  const std::string uri =
      result.at("locations")[0].at("physicalLocation").at("artifactLocation").at("uri");
  CHECK(std::regex_match(uri, std::regex("file:///[A-Za-z0-9%._~/-]*")));
}

TEST_CASE("paths as URIs") {
  using report::sarif_artifact;
  CHECK(report::percent_encoded("/a b/\xc3\xa4%") == "/a%20b/%C3%A4%25");
  CHECK(sarif_artifact("/src/a/./b.c", "/src").at("uri") == "a/b.c");
  CHECK(sarif_artifact("/src/../etc/b.c", "/src").at("uri") == "file:///etc/b.c");
  CHECK_FALSE(sarif_artifact("/srcs/b.c", "/src").contains("uriBaseId"));
  CHECK(sarif_artifact("lib/b.c", "/src").at("uriBaseId") == "%SRCROOT%");
  CHECK(sarif_artifact("../../b.c", "/src").at("uri") == "b.c");
  CHECK(sarif_artifact("/opt/x (deleted)", "").at("uri") == "file:///opt/x");
}

TEST_CASE("brackets and braces are escaped only as the standard wants it") {
  CHECK(report::sarif_message("operator[](int)").at("text") == "operator\\[\\](int)");
  CHECK(report::sarif_message("a[1]").at("text") == "a[1]");
  CHECK(report::sarif_message("main::{lambda()#1}").at("text") == "main::{{lambda()#1}}");
}
