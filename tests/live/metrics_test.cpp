// The exporter of a live tracer: its numbers, its bounds, and that nobody who asks holds it up.
#include "scrape.hpp"
#include "support.hpp"

#include "support/catch.hpp"

#include <csignal>

using namespace mlockscope;
using namespace mlockscope::live;

namespace {

const Words served{"--web.listen-address", "127.0.0.1:0"};

Words with(Words more) {
  more.insert(more.begin(), served.begin(), served.end());
  return more;
}

double bytes_resident(const Exporter::Series& all) {
  return all.at("process_resident_memory_bytes");
}

} // namespace

TEST_CASE("the metrics say what the summary says") {
  const auto tracer = Tracer::trace(with({"--comm", "puppet"}));
  const Exporter exporter(tracer->process());
  Puppet puppet("puppet");
  puppet.tell("lock 0 32");
  puppet.tell("lock 100 32");
  puppet.tell("unlock 0 32");

  Exporter::Series open;
  wait_until("finding in the metrics", [&] {
    open = exporter.scrape();
    return sum_of(open, "mlockscope_findings_total") != 0;
  });
  CHECK(open.at(R"(mlockscope_findings_total{kind="spill",severity="high",comm="puppet"})") == 1);
  CHECK(open.at(R"(mlockscope_exposures{comm="puppet"})") == 1);
  CHECK(open.at(R"(mlockscope_exposed_bytes{comm="puppet"})") == 32);
  CHECK(open.at(R"(mlockscope_claimed_bytes{comm="puppet"})") == 32);
  CHECK(open.at(R"(mlockscope_calls_total{call="mlock",result="ok"})") == 2);
  CHECK(open.at("mlockscope_ring_buffer_size_bytes") == 8 << 20);
  CHECK(open.at(R"(mlockscope_probes{state="attached"})") > 20);
  CHECK(open.at("mlockscope_collected_timestamp_seconds") > 1.7e9);

  puppet.tell("unlock 100 32");
  Exporter::Series closed;
  wait_until("end of the exposure in the metrics", [&] {
    closed = exporter.scrape();
    return closed.at(R"(mlockscope_exposure_seconds_count{closed="released"})") == 1;
  });
  CHECK(sum_of(closed, "mlockscope_exposures") == 0);

  const Trace trace = tracer->stop();
  require_complete(trace);
  const Json& summary = trace.summary();
  CHECK(closed.at("mlockscope_events_total") <= summary.at("events").get<double>());
  CHECK(sum_of(closed, "mlockscope_findings_total") == summary.at("findings").at("spill"));
  CHECK(closed.at(R"(mlockscope_calls_total{call="munlock",result="ok"})") ==
        summary.at("calls").at("munlock"));
}

TEST_CASE("a program under run is watched by its metrics, too") {
  const auto tracer = Tracer::run(with({}), {program("puppet"), "family"});
  const Exporter exporter(tracer->process());
  CHECK(exporter.get("/-/ready").status == 200);
  CHECK(exporter.get("/-/healthy").body == "mlockscope is healthy.\n");
  CHECK(exporter.get("/").body.find("<h2>No findings</h2>") != std::string::npos);
  CHECK(exporter.get("/nothing").status == 404);
  tracer->process().end_input();
  CHECK(tracer->finish().ending == "exit 0");
}

TEST_CASE("where nobody can listen, one line says why") {
  need_root();
  const auto tracer = Tracer::trace(served);
  const Exporter exporter(tracer->process());
  const std::string err = tracer->process().err();
  const auto from = err.find("http://") + 7;
  const std::string taken = err.substr(from, err.find('/', from) - from);

  const Outcome in_use = execute({tracer_program(), "trace", "--web.listen-address", taken});
  CHECK(in_use.ending == "exit 3");
  CHECK(in_use.err.find("cannot listen on " + taken) != std::string::npos);
  const Outcome bad = execute({tracer_program(), "trace", "--web.listen-address", "nonsense"});
  CHECK(bad.ending == "exit 2");
  CHECK(bad.err.find("bad listen address 'nonsense'") != std::string::npos);
  const Outcome no_file = execute({tracer_program(), "trace", "--web.config.file", "/nowhere"});
  CHECK(no_file.ending == "exit 2");
  CHECK(no_file.err.find("/nowhere") != std::string::npos);
  const Outcome twice = execute({tracer_program(), "trace", "--metrics-labels", "pod,pod"});
  CHECK(twice.ending == "exit 2");
  CHECK(twice.err.find("names 'pod' twice") != std::string::npos);
  for (const Outcome* each : {&in_use, &bad, &no_file, &twice})
    CHECK(std::count(each->err.begin(), each->err.end(), '\n') == 1);
}

// The buffer holds what two cores send in about a second. Somebody who held the reader up for
// longer would cost events.
TEST_CASE("clients that hang cost no events, and nobody else's scrape") {
  const auto tracer = Tracer::trace(with({"--comm", "hammer", "--buffer", "64M"}));
  const Exporter exporter(tracer->process());
  std::vector<util::Fd> hanging;
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 10; ++i) {
    hanging.push_back(exporter.hang(""));
    hanging.push_back(exporter.hang(request));
    hanging.push_back(exporter.hang(request + "\r\n")); // and does not read
  }
  Program hammer({program("hammer"), "2", "4", "processes"});
  int scrapes = 0;
  for (; hammer.running(); ++scrapes)
    CHECK(exporter.scrape().at("mlockscope_events_lost_total") == 0);
  CHECK(scrapes > 0);
  const Json told = Json::parse(hammer.line(1));

  // It ends although they still hang.
  const Trace trace = tracer->stop();
  CHECK(trace.ending == "exit 0");
  require_complete(trace);
  CHECK(trace.summary().at("calls").at("mlock") == told.at("mlock"));
}

// A host that starts processes all day under names made up at random must not fill Prometheus.
TEST_CASE("a hundred thousand short processes with random names leave the metrics as they were") {
  const auto tracer =
      Tracer::trace(with({"--kind", "swapped"})); // these findings need no line each
  const Exporter exporter(tracer->process());
  Program crowd({program("crowd")});
  static_cast<void>(crowd.line(1));
  crowd.say("come 20000\n");
  static_cast<void>(crowd.line(2));
  const auto early = exporter.scrape();
  crowd.say("come 80000\n");
  static_cast<void>(crowd.line(3));
  const auto late = exporter.scrape();
  crowd.end_input();

  const Trace trace = tracer->stop();
  require_complete(trace);
  CHECK(trace.summary().at("findings").at("spill") >= 100'000);
  CHECK(sum_of(late, "mlockscope_findings_total") >= 100'000);
  CHECK(late.at("mlockscope_comms") <= 100);
  CHECK(late.size() < early.size() + 20); // errnos and ways to close that were new
  CHECK(bytes_resident(late) - bytes_resident(early) < 2e6);
}
