// What is said of a recording that is judged again, beside what is said of any tracing.
#include "outputs.hpp"
#include "report/summary.hpp"
#include "support/catch.hpp"

#include <cerrno>

using namespace mlockscope;
using outputs::Json;
using report::start_text;

namespace {

report::Start replay(const std::string& platform = "") {
  report::Start start = samples::start();
  start.replay = report::Start::Replay{
      .file = "web1.mls", .host = "web1", .platform = platform, .recorded_page_size = 4096};
  return start;
}

Json json_of(const report::Start& start) {
  return Json::parse(outputs::json_text([&](report::JsonSink& sink) { sink.start(start); }));
}

} // namespace

TEST_CASE("a replay says what was recorded where") {
  CHECK(start_text(replay()) == "mlockscope 0.1.0: replaying web1.mls, traced by fentry on web1; "
                                "Linux 6.12.9, x86_64, pages of 4 KiB\n");
  report::Start log = replay();
  log.replay->host = log.kernel = log.machine = "";
  log.backend = "strace";
  CHECK(start_text(log) == "mlockscope 0.1.0: replaying web1.mls, traced by strace; "
                           "an unknown kernel, pages of 4 KiB\n");
}

TEST_CASE("... and by which rules it is judged, if by others") {
  report::Start start = replay("freebsd");
  start.page_size = model::PageSize(16384);
  CHECK(start_text(start).ends_with("pages of 4 KiB; judged as on freebsd with pages of 16 KiB\n"));
  const Json json = json_of(start);
  CHECK(json.at("platform") == "freebsd");
  CHECK(json.at("page_size") == 16384);
  CHECK(json.at("recorded_page_size") == 4096);
}

TEST_CASE("names from other machines cannot reach the terminal as they are") {
  report::Start start = replay();
  start.kernel = start.machine = start.backend = start.replay->host = start.replay->file =
      "\x1b[2J\n";
  const std::string text = start_text(start);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("by the recorded rules, the JSON of a replay is that of the tracing") {
  CHECK(json_of(replay()) == json_of(samples::start()));
  report::Start many = replay();
  many.replay->one_of_many = true;
  CHECK(json_of(many).at("recording") == "web1.mls");
  report::Start log = replay();
  log.kernel = "";
  CHECK(json_of(log).at("kernel").is_null());
}

TEST_CASE("calls that another platform refuses are counted in the summary") {
  report::Summary summary = samples::summary();
  summary.refused = {{{model::Call::mlock, EINVAL}, 3}, {{model::Call::munlock, ENOMEM}, 1}};
  CHECK(
      report::summary_text(summary, report::Colour::off, samples::clock)
          .find("  refused      3 mlock EINVAL, 1 munlock ENOMEM, which Linux did not refuse\n") !=
      std::string::npos);
  const Json json =
      Json::parse(outputs::json_text([&](report::JsonSink& sink) { sink.summary(summary); }));
  CHECK(json.at("refused").dump() == R"({"mlock":{"EINVAL":3},"munlock":{"ENOMEM":1}})");
}
