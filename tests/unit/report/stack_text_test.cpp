// Where in the code: in every format, and once for each place.
#include "outputs.hpp"
#include "places.hpp"
#include "report/line.hpp"
#include "report/stack_text.hpp"
#include "report/summary.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using outputs::has;
using outputs::Json;
using report::Context;

namespace {

Context grouped(std::uint64_t nth) {
  Context context = places::context();
  context.group = report::GroupId{0x1f};
  context.nth = nth;
  return context;
}

std::string line_of(const Context& context, report::Every every = report::Every::no) {
  samples::Captured out, notes;
  report::LineSink sink(out.writer(), notes.writer(),
                        {samples::clock, false, report::Colour::off, every});
  sink.finding(samples::spill(), context);
  return out.take();
}

std::string report_of(const Context& context) {
  return outputs::report_text(
      [&](report::ReportSink& sink) { sink.finding(samples::spill(), context); });
}

} // namespace

TEST_CASE("a line is followed by both places, if they are known") {
  CHECK(line_of(places::context()) ==
        "spill        high        4242 demo            0x7f00deadb064 32 B\n"
        "    unlocked: wipe.c:12 in wipe\n"
        "    locked:   make+0x20 (libkeys.so.1)\n");
  CHECK(line_of({}) == "spill        high        4242 demo            0x7f00deadb064 32 B\n");
}

TEST_CASE("what is done at the place of the call depends on the kind") {
  const Context context = places::context();
  CHECK(has(report::place_lines(samples::lock_failed(), context), "    failed:   wipe.c:12"));
  CHECK(has(report::place_lines(samples::forked(), context), "    forked:   wipe.c:12"));
}

TEST_CASE("the same place again is counted, in powers of ten, unless all are wanted") {
  CHECK(has(line_of(grouped(1)), "wipe.c:12"));
  CHECK(line_of(grouped(2)).empty());
  CHECK(line_of(grouped(9)).empty());
  CHECK(line_of(grouped(10)) ==
        "spill        high        4242 demo            0x7f00deadb064 32 B, time 10 here\n");
  CHECK(line_of(grouped(20)).empty());
  CHECK(has(line_of(grouped(1000)), "time 1000 here"));
  CHECK(has(line_of(grouped(2), report::Every::yes), "wipe.c:12"));
  Context unknown = grouped(2);
  unknown.group.reset(); // the number says nothing then
  CHECK(has(line_of(unknown), "spill"));
}

TEST_CASE("the report has the stacks from the places on, and callers behind them") {
  const std::string text = report_of(places::context());
  CHECK(has(text, "    unlocked at\n"
                  "      wipe+0x12 (/opt/keys/libkeys.so.1) /src/keys/wipe.c:12\n"
                  "      close_session+0x40 (/opt/keys/libkeys.so.1)\n"));
  CHECK(has(text, "    locked at\n      make+0x20 (/opt/keys/libkeys.so.1)\n"));
  CHECK_FALSE(has(text, "munlock+0x7"));
}

TEST_CASE("the report counts the same place, and says nothing of the end of such exposures") {
  samples::Captured out, notes;
  report::ReportSink sink(out.writer(), notes.writer(), {samples::clock, report::Colour::off});
  model::Finding finding = samples::spill();
  sink.finding(finding, grouped(1));
  (void)out.take();
  finding.id = model::FindingId{2};
  sink.finding(finding, grouped(2));
  sink.exposure({.finding = model::FindingId{2}});
  CHECK(out.take().empty());
  sink.exposure({.finding = model::FindingId{1}});
  CHECK(has(out.take(), "#1: its"));
  sink.finding(finding, grouped(10));
  const std::string again = out.take();
  CHECK(has(again, "#2 spill, high"));
  CHECK(has(again, "For the 10th time from the same places, group 000000000000001f"));
}

TEST_CASE("a long stack is cut, and says by how much") {
  Context context = places::context();
  for (int n = 0; n < 20; ++n)
    context.victim_stack.push_back(places::frame("deep", "/usr/bin/demo"));
  CHECK(has(report_of(context), "      and 6 more frames\n"));
}

TEST_CASE("hostile names do no harm") {
  Context context;
  context.call_stack = {places::with_line(places::frame("f\n\033[31m", "/tmp/\x01"), "\xff", 1)};
  const std::string text = line_of(context) + report_of(context);
  CHECK_FALSE(has(text, "\033"));
  CHECK_FALSE(has(text, "\x01"));
  CHECK(has(text, "f\\x0a\\x1b[31m+0x12"));
  const std::string json =
      outputs::json_text([&](report::JsonSink& sink) { sink.finding(samples::spill(), context); });
  CHECK(Json::accept(json));
}

TEST_CASE("JSON has both stacks, and the group") {
  const Json json = Json::parse(outputs::json_text(
      [&](report::JsonSink& sink) { sink.finding(samples::spill(), grouped(3)); }));
  const Json& frame = json["call"]["stack"][1];
  CHECK(frame["addr"] == "0x7f00deadb012");
  CHECK(frame["symbol"] == "wipe");
  CHECK(frame["offset"] == 0x12);
  CHECK(frame["module"] == "/opt/keys/libkeys.so.1");
  CHECK(frame["module_offset"] == "0x1012");
  CHECK(frame["build_id"].is_null());
  CHECK(frame["file"] == "/src/keys/wipe.c");
  CHECK(frame["line"] == 12);
  CHECK(json["victim"]["stack"].size() == 3);
  CHECK(json["victim"]["stack"][0]["file"].is_null());
  CHECK(json["victim"]["stack"][0]["line"].is_null());
  CHECK(json["group"] == "000000000000001f");
  CHECK(json["nth_of_group"] == 3);
}

TEST_CASE("what is not known of a frame is null") {
  const Json frame = report::json_frame(model::Frame{});
  for (const char* key :
       {"symbol", "offset", "module", "module_offset", "build_id", "file", "line"})
    CHECK(frame[key].is_null());
  CHECK(report::json_stack({}).is_null());
}

TEST_CASE("the summary ranks the groups") {
  report::Groups groups;
  Context context = places::context();
  for (int n = 0; n < 3; ++n) groups.assign(samples::spill(), context);
  report::Summary summary;
  summary.groups = groups.ranked();
  summary.suppressed = 2;
  summary.totals.findings[model::Kind::spill] = 5;
  summary.stacks = {.lost = 1, .skipped = 7, .recycled = 9, .forgotten = 2};
  const std::string text = report::summary_text(summary, report::Colour::off, samples::clock);
  CHECK(has(text, "  places       3 spill, 96 B, 23:59:59.123 to 23:59:59.123: wipe.c:12 in wipe; "
                  "locked: make+0x20 "
                  "(libkeys.so.1)\n"));
  CHECK(has(text, "2 of them suppressed"));
  CHECK(has(text, "WARNING: 3 calls without a stack"));
  CHECK(has(text, "Of 7 calls only the innermost places are known"));
  CHECK(has(text, "mlockscope explain spill"));
  const Json json =
      Json::parse(outputs::json_text([&](report::JsonSink& sink) { sink.summary(summary); }));
  REQUIRE(json["groups"].size() == 1);
  CHECK(json["groups"][0]["findings"] == 3);
  CHECK(json["groups"][0]["exposed_bytes"] == 96);
  CHECK(json["groups"][0]["call_place"]["symbol"] == "wipe");
  CHECK(json["groups"][0]["victim_place"]["symbol"] == "make");
  CHECK(json["suppressed"] == 2);
  CHECK(json["stacks"]["forgotten"] == 2);
}
