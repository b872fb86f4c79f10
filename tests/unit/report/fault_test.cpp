// Page faults on locked and exposed pages, in every format.
#include "outputs.hpp"
#include "report/fault_text.hpp"
#include "report/json_value.hpp"
#include "report/summary.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mlockscope;
using namespace outputs;
using model::FaultReading;
using report::fault_text;

namespace {

std::string fault_line(const model::FaultEvent& event, const FaultReading& reading) {
  std::string line;
  report::append_fault(line, event, reading, samples::clock);
  return line;
}

} // namespace

TEST_CASE("a fault as NDJSON, to the letter") {
  CHECK(fault_line(samples::fault_event(), samples::fault_reading()) ==
        R"({"type":"fault","time":"2026-01-31T23:59:59.000000005Z","pid":4242,"tid":4243,)"
        R"("comm":"demo","addr":"0x7f00deadb064","where":"locked","fault":"minor",)"
        R"("cause":"first-touch","requested":["0x7f00deadb064","0x7f00deadb084"],)"
        R"("applied":["0x7f00deadb000","0x7f00deadc000"]})"
        "\n");
}

TEST_CASE("what is not known of a fault is null") {
  const FaultReading bare{.where = FaultReading::Where::exposed,
                          .cause = FaultReading::Cause::unknown,
                          .requested = std::nullopt,
                          .applied = std::nullopt};
  const std::string line = fault_line(samples::swap_fault_event(), bare);
  CHECK(has(line, R"("where":"exposed","fault":"major","cause":null,"requested":null,)"
                  R"("applied":null})"));
}

TEST_CASE("every cause has its words") {
  const auto words = [](FaultReading::Cause cause) {
    FaultReading reading{};
    reading.cause = cause;
    const Json json = Json::parse(fault_line(samples::fault_event(), reading));
    const std::string text = fault_text(samples::fault_event(), reading);
    return json.at("cause").dump() + text.substr(text.find(" page") + 5);
  };
  const std::string fault = " fault at 0x7f00deadb064 on a locked page";
  CHECK(words(FaultReading::Cause::unknown) == "null" + fault);
  CHECK(words(FaultReading::Cause::first_touch) == "\"first-touch\"" + fault + " (first touch)");
  CHECK(words(FaultReading::Cause::copy_on_write) ==
        "\"copy-on-write\"" + fault + " (copy on write)");
  CHECK(words(FaultReading::Cause::swap_in) == "\"swap-in\"" + fault + " (read back from swap)");
}

TEST_CASE("faults by hand are what the library would write, for any name") {
  std::mt19937 random(7);
  for (int i = 0; i < 500; ++i) {
    model::FaultEvent event = samples::fault_event();
    for (char& c : event.caller.comm.bytes) c = static_cast<char>(random() % 255 + 1);
    event.addr = UINT64_MAX - random();
    const std::string line = fault_line(event, samples::fault_reading());
    REQUIRE(std::count(line.begin(), line.end(), '\n') == 1);
    REQUIRE(Json::parse(line).dump(-1, ' ', true) + "\n" == line);
  }
}

TEST_CASE("faults wait for the flush, in their order with the rest") {
  samples::Captured captured;
  report::JsonSink sink(captured.writer(), samples::clock);
  sink.fault(samples::fault_event(), samples::fault_reading());
  CHECK(captured.take().empty());
  sink.finding(samples::swapped(), {});
  const std::string both = captured.take();
  CHECK(both.find("\"fault\"") < both.find("\"finding\""));
  sink.fault(samples::fault_event(), samples::fault_reading());
  sink.flush();
  CHECK(Json::parse(captured.take()).at("type") == "fault");
}

TEST_CASE("faults can be watched, a line each") {
  CHECK(report_text([](report::ReportSink& sink) {
          sink.fault(samples::fault_event(), samples::fault_reading());
          sink.fault(samples::swap_fault_event(), samples::swap_fault_reading());
        }) ==
        "23:59:59.000 demo (pid 4242) minor page fault at 0x7f00deadb064 on a locked page (first "
        "touch); lock of 0x7f00deadb064-0x7f00deadb084, on pages 0x7f00deadb000-0x7f00deadc000\n"
        "23:59:59.000 demo (pid 4242) major page fault at 0x7f00deadb064 on an exposed page (read "
        "back from swap); lock of 0x7f00deadb064-0x7f00deadb084, on pages "
        "0x7f00deadb000-0x7f00deadc000\n");
}

TEST_CASE("of a lock is said what is known") {
  const model::FaultEvent event = samples::fault_event();
  FaultReading reading = samples::fault_reading();
  reading.requested.reset(); // mlockall names no bytes
  CHECK(has(fault_text(event, reading), "touch); lock on pages 0x7f00deadb000-0x7f00deadc000"));
  reading.applied.reset();
  CHECK(fault_text(event, reading) ==
        "minor page fault at 0x7f00deadb064 on a locked page (first touch)");
  reading.requested = model::ByteRange{1, 2};
  CHECK(has(fault_text(event, reading), "touch); lock of 0x1-0x2"));
  CHECK_FALSE(has(fault_text(event, reading), "pages"));
}

TEST_CASE("a hostile name stays in the line of its fault") {
  model::FaultEvent event = samples::fault_event();
  event.caller.comm = samples::comm("a\n\x1b[2J\xff");
  CHECK(has(
      report_text([&](report::ReportSink& sink) { sink.fault(event, samples::fault_reading()); }),
      " a\\x0a\\x1b[2J\\xff (pid 4242) minor"));
}

TEST_CASE("the summary counts faults by process, and names the busiest") {
  report::Summary summary = samples::summary();
  model::FaultEvent event = samples::fault_event();
  for (int i = 0; i < 12; ++i) summary.tally.fault(event, samples::fault_reading());
  summary.tally.fault(event, samples::swap_fault_reading());
  summary.tally.fault(samples::swap_fault_event(), samples::swap_fault_reading());
  event.space = model::SpaceId{9};
  event.caller = samples::caller("\x1b[2J");
  event.major = true;
  summary.tally.fault(event, samples::fault_reading());
  CHECK(report::summary_text(summary, report::Colour::off, samples::clock) ==
        "No findings in 12.5 s.\n"
        "  faults       demo (pid 4242): 12 on locked pages, 2 on exposed pages (1 major)\n"
        "               \\x1b[2J (pid 4242): 1 on locked pages (1 major)\n"
        "  calls        12 mlock, 11 munlock\n"
        "  events       1234 seen, 0 lost, by fentry; 2 address spaces alive\n");
}

TEST_CASE("of many processes with faults ten are named and the others' faults counted") {
  report::Summary summary = samples::summary();
  model::FaultEvent event = samples::fault_event();
  for (std::uint32_t pid = 1; pid <= 12; ++pid) {
    event.space = model::SpaceId{pid};
    event.caller.pid = pid;
    for (std::uint32_t i = 0; i < pid; ++i)
      summary.tally.fault(event, samples::swap_fault_reading());
  }
  const std::string text = report::summary_text(summary, report::Colour::off, samples::clock);
  CHECK(has(text, "  faults       demo (pid 12): 12 on exposed pages\n"));
  CHECK(has(text, "               demo (pid 3): 3 on exposed pages\n"
                  "               and 3 faults of others\n"));
}
