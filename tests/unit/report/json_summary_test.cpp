// The last line of NDJSON.
#include "outputs.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using outputs::Json;

namespace {

Json json_of(const report::Summary& summary) {
  return Json::parse(outputs::json_text([&](report::JsonSink& sink) { sink.summary(summary); }));
}

} // namespace

TEST_CASE("the last line adds up, with a zero for every kind that was not found") {
  report::Summary summary = samples::summary();
  summary.totals.findings[model::Kind::spill] = 2;
  summary.totals.lost = 3;
  summary.totals.lock_failures = 9;
  const Json json = json_of(summary);
  CHECK(json.at("type") == "summary");
  CHECK(json.at("events") == 1234);
  CHECK(json.at("lost") == 3);
  CHECK(json.at("divergences") == 0);
  CHECK(json.at("lock_failures") == 9);
  CHECK(json.at("calls").dump() == R"({"mlock":12,"munlock":11})");
  CHECK(json.at("findings").at("spill") == 2);
  CHECK(json.at("findings").at("swapped") == 0);
  CHECK(json.at("findings").size() == 8);
  CHECK(json.at("address_spaces") == 2);
  CHECK(json.at("seconds") == 12.5);
  CHECK(json.at("backend") == "fentry");
}

TEST_CASE("the last line counts faults, also where there were none") {
  report::Summary summary = samples::summary();
  const auto faults = [&] { return json_of(summary).at("faults").dump(); };
  CHECK(faults() == R"({"locked":{"minor":0,"major":0},"exposed":{"minor":0,"major":0}})");
  summary.totals.locked_faults = {.minor = 1, .major = 2};
  summary.totals.exposed_faults = {.minor = 3, .major = 4};
  CHECK(faults() == R"({"locked":{"minor":1,"major":2},"exposed":{"minor":3,"major":4}})");
}

TEST_CASE("the last line lists who was exposed, for how long") {
  report::Summary summary = samples::summary();
  summary.tally.exposure(samples::exposure());
  summary.tally.exposure(samples::exposure(model::Closed::open));
  const Json json = json_of(summary);
  CHECK(json.at("exposures").dump() ==
        R"([{"pid":4242,"comm":"demo","exposures":2,"open":1,"bytes":64,"longest_seconds":1.25,)"
        R"("byte_seconds":80.0}])");
  CHECK(json.at("exposures_of_others") == 0);
  CHECK(json.at("faults_by_process").empty());
}

TEST_CASE("the last line counts faults by process") {
  report::Summary summary = samples::summary();
  summary.tally.fault(samples::fault_event(), samples::fault_reading());
  const Json json = json_of(summary);
  REQUIRE(json.at("faults_by_process").size() == 1);
  CHECK(json.at("faults_by_process")[0].dump() ==
        R"({"pid":4242,"comm":"demo","locked":{"minor":1,"major":0},)"
        R"("exposed":{"minor":0,"major":0}})");
}

TEST_CASE("the last line lists the worst hundred, and counts the exposures of all others") {
  report::Summary summary = samples::summary();
  model::Exposure exposure = samples::exposure();
  const std::uint64_t beyond = report::Tally::bound + 7;
  for (std::uint64_t i = 0; i < beyond; ++i) {
    exposure.space = model::SpaceId{i};
    exposure.bytes = i + 1;
    exposure.comm = samples::comm("\"\xff\n");
    summary.tally.exposure(exposure);
  }
  const Json json = json_of(summary);
  CHECK(json.at("exposures").size() == 100);
  CHECK(json.at("exposures")[0].at("bytes") == report::Tally::bound);
  CHECK(json.at("exposures")[0].at("comm") == "\"\ufffd\n");
  CHECK(json.at("exposures_of_others") == beyond - 100);
}
