#include "report/junit.hpp"

#include "ci_outputs.hpp"
#include "support/catch.hpp"

#include <pugixml.hpp>

using namespace mlockscope;
using ci_outputs::grouped;

namespace {

/// Parsed as XML 1.0 wants it: a control character is an error.
pugi::xml_node suite_of(pugi::xml_document& document, const std::string& text) {
  for (const char c : text) REQUIRE((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  REQUIRE(text.find("&#") == std::string::npos);
  const auto parsed = document.load_buffer(text.data(), text.size());
  INFO(parsed.description());
  REQUIRE(parsed);
  return document.child("testsuites").child("testsuite");
}

pugi::xml_node find(pugi::xml_node suite, const char* child) {
  return suite.find_child([&](pugi::xml_node test) { return test.child(child); });
}

} // namespace

TEST_CASE("a clean run is a list of tests that passed") {
  pugi::xml_document document;
  const auto suite = suite_of(document, ci_outputs::junit([](report::Sink&) {}));
  CHECK(std::string(suite.attribute("name").value()) == "mlockscope");
  CHECK(suite.attribute("tests").as_int() == 9);
  CHECK(suite.attribute("failures").as_int() == 0);
  CHECK(suite.attribute("errors").as_int() == 0);
  CHECK(std::string(suite.attribute("time").value()) == "12.500");
  CHECK(std::string(suite.attribute("timestamp").value()) == "2026-01-31T23:59:00");
  int tests = 0;
  for (const auto test : suite.children("testcase")) {
    ++tests;
    CHECK_FALSE(test.first_child());
  }
  CHECK(tests == 9);
}

TEST_CASE("a group is a test that failed, named by its places") {
  pugi::xml_document document;
  const auto suite = suite_of(document, ci_outputs::junit([](report::Sink& sink) {
                                sink.finding(samples::spill(), grouped(samples::spill()));
                                sink.finding(samples::spill(), grouped(samples::spill()));
                              }));
  CHECK(suite.attribute("failures").as_int() == 1);
  CHECK(suite.attribute("tests").as_int() == 9);
  const auto test = find(suite, "failure");
  CHECK(std::string(test.attribute("classname").value()) == "mlockscope.spill");
  CHECK(std::string(test.attribute("name").value()) ==
        "wipe.c:12 in wipe / make+0x20 (libkeys.so.1)");
  const auto failure = test.child("failure");
  CHECK(std::string(failure.attribute("type").value()) == "high");
  CHECK(std::string(failure.attribute("message").value())
            .starts_with("demo: munlock by wipe.c:12 in wipe unlocked bytes"));
  const std::string text = failure.text().get();
  for (const char* part : {"Seen 2 times", "Exposed: 64 B.",
                           "Stack of munlock:", "  close_session+0x40 (libkeys.so.1)\n",
                           "Stack of the earlier lock:", "mlockscope explain spill"})
    CHECK(text.find(part) != std::string::npos);
}

TEST_CASE("suppressed findings are skipped tests") {
  pugi::xml_document document;
  const auto suite = suite_of(document, ci_outputs::junit(ci_outputs::all_kinds));
  CHECK(suite.attribute("failures").as_int() == 7);
  CHECK(suite.attribute("skipped").as_int() == 1);
  const auto test = find(suite, "skipped");
  CHECK(std::string(test.attribute("classname").value()) == "mlockscope.stacked");
  CHECK(std::string(test.child("skipped").attribute("message").value()) == "suppressed by known");
}

TEST_CASE("lost events are an error") {
  report::Summary summary = samples::summary();
  summary.totals.lost = 3;
  pugi::xml_document document;
  const auto suite = suite_of(document, ci_outputs::junit([](report::Sink&) {}, summary));
  CHECK(suite.attribute("errors").as_int() == 1);
  CHECK(std::string(find(suite, "error").child("error").attribute("message").value()) ==
        "3 events lost; findings may be missing");
}

TEST_CASE("hostile names give well-formed XML") {
  report::Context context = places::context();
  const std::string hostile = std::string("\x01\x1b<&>\"']]>\xff\xef\xbf\xbf\t\r\n") + "\xc2\x85";
  for (model::Frame& frame : context.call_stack) {
    frame.symbol = hostile;
    frame.module = "/" + hostile;
    frame.file.reset();
  }
  context.process.exe = hostile;
  model::Finding finding = samples::spill();
  finding.call.caller.comm = samples::comm("<&\x02");
  pugi::xml_document document;
  const auto suite = suite_of(document, ci_outputs::junit([&](report::Sink& sink) {
                                sink.finding(finding, grouped(finding, context));
                                context.suppressed_by = hostile;
                                sink.finding(finding, context);
                              }));
  const std::string name = find(suite, "failure").attribute("name").value();
  CHECK(name.find("\\x01\\x1b<&>\"']]>\\xff\\u{ffff}\\x09") != std::string::npos);
}

TEST_CASE("findings beyond the bound are told") {
  pugi::xml_document document;
  samples::Captured captured;
  const std::string path = "/tmp/mlockscope-junit-" + std::to_string(::getpid());
  auto writer = report::Writer::to_file(path);
  REQUIRE(writer.ok());
  report::JUnitSink sink(writer.value(), samples::clock);
  sink.start(samples::start());
  for (std::uint64_t i = 0; i < report::Results::bound + 2; ++i) {
    report::Context context;
    context.group = report::GroupId{i};
    sink.finding(samples::spill(), context);
  }
  sink.summary(samples::summary());
  sink.flush();
  REQUIRE(document.load_file(path.c_str()));
  ::unlink(path.c_str());
  const auto suite = document.child("testsuites").child("testsuite");
  CHECK(suite.attribute("failures").as_int() == 5000);
  CHECK(std::string(find(suite, "system-out").child("system-out").text().get()) ==
        "2 findings of further places left out\n");
}
