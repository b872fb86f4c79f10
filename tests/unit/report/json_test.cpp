#include "report/json_value.hpp"

#include "outputs.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mlockscope;
using outputs::Json;
using outputs::json_text;
using outputs::keys;

namespace {

template <class Write> Json parsed(Write write) {
  const std::string text = json_text(write);
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1);
  REQUIRE(text.back() == '\n');
  return Json::parse(text);
}

Json finding_of(const model::Finding& finding, const model::ProcessInfo& process = {}) {
  return parsed([&](report::JsonSink& sink) { sink.finding(finding, {.process = process}); });
}

Json call_of(const model::CallEvent& event, const model::CallReading& reading = {}) {
  std::string line;
  report::append_call(line, event, reading, samples::clock);
  return Json::parse(line);
}

} // namespace

TEST_CASE("a spill as NDJSON, to the letter") {
  CHECK(json_text([](report::JsonSink& sink) {
          sink.finding(samples::spill(), {.process = samples::process()});
        }) ==
        R"({"type":"finding","id":1,"time":"2026-01-31T23:59:59.123456789Z","kind":"spill",)"
        R"("severity":"high","confidence":"verified","pid":4242,"tid":4243,"comm":"demo",)"
        R"("exe":"/usr/bin/demo","uid":1000,"cgroup":"/user.slice","container":null,)"
        R"("page_size":4096,"call":{"name":"munlock","addr":"0x7f00deadb000","len":32,"ret":0,)"
        R"("applied":["0x7f00deadb000","0x7f00deadc000"],"stack":null},)"
        R"("victim":{"addr":"0x7f00deadb064","len":32,)"
        R"("locked_at":"2026-01-31T23:59:59.122256789Z","name":"mlock","tid":4243,"stack":null},)"
        R"("exposed":[["0x7f00deadb064","0x7f00deadb084"]],"exposed_bytes":32,"group":null})"
        "\n");
}

TEST_CASE("a call as NDJSON, to the letter") {
  std::string line;
  report::append_call(line, samples::munlock_event(), samples::munlock_reading(), samples::clock);
  CHECK(line ==
        R"({"type":"call","time":"2026-01-31T23:59:59.000000005Z","pid":4242,"tid":4243,)"
        R"("comm":"demo","name":"munlock","addr":"0x7f00deadb000","len":32,"flags":null,"ret":0,)"
        R"("requested":["0x7f00deadb000","0x7f00deadb020"],)"
        R"("applied":["0x7f00deadb000","0x7f00deadc000"],"rounding_bytes":4064,)"
        R"("locked_before":"all","locked_after":"none"})"
        "\n");
}

TEST_CASE("the first line says what is to follow") {
  samples::Captured captured;
  report::JsonSink sink(captured.writer(), samples::clock);
  sink.start(samples::start());
  CHECK(captured.take() ==
        R"({"type":"start","version":"0.1.0","schema":1,"kernel":"6.12.9",)"
        R"("machine":"x86_64","page_size":4096,"backend":"fentry","sees_32_bit":true,)"
        R"("time":"2026-01-31T23:59:00.000000001Z"})"
        "\n");
}

TEST_CASE("what is unknown is null and still there") {
  model::Finding finding = samples::spill();
  finding.victim = model::Victim{};
  finding.call.applied.reset();
  const Json json = finding_of(finding);
  for (const char* name : {"exe", "cgroup", "container", "group"}) CHECK(json.at(name).is_null());
  CHECK(json.at("call").at("applied").is_null());
  for (const char* name : {"addr", "len", "locked_at", "name", "tid", "stack"})
    CHECK(json.at("victim").at(name).is_null());
  CHECK_FALSE(json.at("victim").contains("now"));
}

TEST_CASE("every finding has the same fields, and some kinds have more") {
  const std::vector<std::string> common{
      "type", "id",     "time",    "kind",          "severity", "confidence", "pid",
      "tid",  "comm",   "exe",     "uid",           "cgroup",   "container",  "page_size",
      "call", "victim", "exposed", "exposed_bytes", "group"};
  CHECK(keys(finding_of(samples::spill())) == common);
  const auto with = [&](const std::vector<std::string>& names) {
    auto more = common;
    more.insert(more.end(), names.begin(), names.end());
    return more;
  };
  CHECK(keys(finding_of(samples::lock_failed())) == with({"count", "evidence"}));
  CHECK(keys(finding_of(samples::swapped())) == with({"finding", "seen"}));
  CHECK(keys(finding_of(samples::forked())) ==
        with({"child", "parent_ended", "claims", "claims_in_all", "ranges_in_all"}));
}

TEST_CASE("a lock that failed carries its evidence and has no victim") {
  const Json json = finding_of(samples::lock_failed());
  CHECK(json.at("victim").is_null());
  CHECK(json.at("exposed") == Json::array());
  CHECK(json.at("count") == 117);
  CHECK(json.at("call").at("ret") == -12);
  CHECK(json.at("evidence").dump() ==
        R"({"errno":"ENOMEM","limit_soft":65536,"limit_hard":131072,"locked_bytes":61440,)"
        R"("cap_ipc_lock":false,"locked_after":null})");
  model::Finding finding = samples::lock_failed();
  finding.locked_after = model::KernelWord::Locked::some;
  CHECK(finding_of(finding).at("evidence").at("locked_after") == "some");
}

TEST_CASE("no limit is said in a word, no evidence in nulls") {
  model::Finding finding = samples::lock_failed();
  finding.failure->limit_hard = UINT64_MAX;
  CHECK(finding_of(finding).at("evidence").at("limit_hard") == "unlimited");
  finding.failure.reset();
  CHECK(finding_of(finding).at("evidence").dump() ==
        R"({"errno":"ENOMEM","limit_soft":null,"limit_hard":null,"locked_bytes":null,)"
        R"("cap_ipc_lock":null,"locked_after":null})");
}

TEST_CASE("the victim of lockall-hole is the mlockall call, without a range") {
  model::Finding finding = samples::spill();
  finding.kind = model::Kind::lockall_hole;
  finding.victim = model::Victim{.request = std::nullopt,
                                 .now = std::nullopt,
                                 .call = model::Call::mlockall,
                                 .locked_at = samples::second,
                                 .tid = 4242};
  const Json victim = finding_of(finding).at("victim");
  CHECK(victim.at("addr").is_null());
  CHECK(victim.at("len").is_null());
  CHECK(victim.at("name") == "mlockall");
  CHECK(victim.at("locked_at") == "2026-01-31T23:59:01.000000000Z");
}

TEST_CASE("a victim that mremap moved has both places") {
  model::Finding finding = samples::spill();
  finding.victim->now = model::ByteRange{0x1000, 0x1020};
  const Json victim = finding_of(finding).at("victim");
  CHECK(victim.at("addr") == "0x7f00deadb064");
  CHECK(victim.at("now") == Json::array({"0x1000", "0x1020"}));
}

TEST_CASE("calls without an argument say null for it, in findings as in calls") {
  model::Finding finding = samples::lock_failed();
  finding.call.call = model::Call::mlockall;
  CHECK(finding_of(finding).at("call").at("addr").is_null());
  CHECK(finding_of(finding).at("call").at("len").is_null());
  model::CallEvent event = samples::munlock_event();
  event.call = model::Call::mlockall;
  event.flags = 3;
  const Json json = call_of(event);
  CHECK(json.at("flags") == 3);
  for (const char* name : {"addr", "len", "requested", "applied", "locked_before", "locked_after"})
    CHECK(json.at(name).is_null());
  event.call = model::Call::munlockall;
  CHECK(call_of(event).at("flags").is_null());
}

TEST_CASE("hostile names leave lines plain ASCII that reads back") {
  model::Finding finding = samples::spill();
  finding.call.caller.comm = samples::comm("\"}\n\x1b[2J\xff\xe6\x97");
  const std::string text = json_text([&](report::JsonSink& sink) {
    sink.finding(finding,
                 {.process = {.exe = "/\u202e\\\xc0", .cgroup = "/\x01", .container = "\""}});
  });
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= ' ' && c <= '~'; }));
  const Json json = Json::parse(text);
  CHECK(json.at("comm") == "\"}\n\x1b[2J\ufffd\ufffd");
  CHECK(json.at("exe") == "/\u202e\\\ufffd");
  CHECK(json.at("container") == "\"");
}

TEST_CASE("calls by hand are what the library would write, for any name") {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    model::CallEvent event = samples::munlock_event();
    const auto alphabet = i % 2 == 0 ? 255u : 126u;
    for (char& c : event.caller.comm.bytes) c = static_cast<char>(random() % alphabet + 1);
    event.addr = random();
    event.len = UINT64_MAX - random() % 3;
    event.ret = -static_cast<int>(random() % 200);
    std::string line;
    report::append_call(line, event, samples::munlock_reading(), samples::clock);
    const Json json = Json::parse(line);
    REQUIRE(json.dump(-1, ' ', true) + "\n" == line);
    REQUIRE(json.at("len") == event.len);
    REQUIRE(json.at("ret") == event.ret);
  }
}

TEST_CASE("calls wait for the flush; everything else does not, and keeps the order") {
  samples::Captured captured;
  report::JsonSink sink(captured.writer(), samples::clock);
  sink.call(samples::munlock_event(), {});
  CHECK(captured.take().empty());
  sink.finding(samples::spill(), {});
  const std::string both = captured.take();
  CHECK(both.find("\"call\"") < both.find("\"finding\""));
  sink.call(samples::munlock_event(), {});
  sink.flush();
  CHECK(Json::parse(captured.take()).at("type") == "call");
}

TEST_CASE("exposures and losses have their fields") {
  const Json closed = parsed([](report::JsonSink& sink) {
    sink.exposure(samples::exposure(model::Closed::unlocked_all));
  });
  CHECK(closed.dump() ==
        R"({"type":"exposure","finding":1,"pid":4242,"closed":"unlocked-all","seconds":1.25,)"
        R"("bytes":32})");
  const Json lost = parsed([](report::JsonSink& sink) {
    sink.lost({.count = 12, .time = samples::second, .cause = "ring buffer full"});
  });
  CHECK(lost.dump() == R"({"type":"lost","count":12,"time":"2026-01-31T23:59:01.000000000Z",)"
                       R"("cause":"ring buffer full"})");
}
