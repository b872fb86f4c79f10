// What surrounds a tracing shall not change what it says: who started it and how, what its output
// is, which namespace it is in, and what else goes on in the process it traces.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

Words demo(const std::string& name) { return {tracer_program(), "demo", name}; }

/// `mlockscope run --format json -- CMD`, started by `starter`.
Outcome started_by(Words starter, const Words& options, const Words& command) {
  starter.insert(starter.end(), {tracer_program(), "run"});
  starter.insert(starter.end(), options.begin(), options.end());
  starter.push_back("--");
  starter.insert(starter.end(), command.begin(), command.end());
  return execute(starter);
}

} // namespace

TEST_CASE("a locked stack that grows by faults beside lock calls makes up and hides nothing") {
  need_root();
  const Trace trace = run({}, {program("stack")});
  const auto findings = trace.findings();
  const auto spills = std::count_if(findings.begin(), findings.end(),
                                    [](const Json& f) { return f.at("kind") == "spill"; });
  CHECK(spills == Json::parse(trace.out).at("spills").get<std::ptrdiff_t>());
  CHECK(trace.summary().at("divergences") == 0);
  CHECK(trace.summary().at("lost") == 0);
}

TEST_CASE("run sees its command inside a PID namespace, too") {
  need_root();
  const Outcome outcome = started_by({"unshare", "--pid", "--fork", "--mount-proc"},
                                     {"--fail-on", "high"}, demo("spill"));
  CHECK(outcome.ending == "exit 99");
  CHECK(outcome.out.find("spill") != std::string::npos);
}

TEST_CASE("the gate is not green because the findings could not be written") {
  need_root();
  const Words options{"--fail-on", "high", "--format", "json", "-o", "/dev/full"};
  CHECK(started_by({}, options, demo("spill")).ending == "exit 99");
  CHECK(started_by({}, options, demo("clean")).ending == "exit 99");
}

TEST_CASE("run ends although its starter ignored the end of children") {
  need_root();
  const Outcome outcome =
      started_by({"sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"}, {}, {"sh", "-c", "exit 3"});
  CHECK(outcome.ending == "exit 3");
}

TEST_CASE("closed standard descriptors do no harm, and ignored signals stay ignored") {
  need_root();
  CHECK(started_by({"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"}, {}, {"sh", "-c", "exit 4"})
            .ending == "exit 4");
  const Outcome outcome = started_by({"sh", "-c", "trap '' HUP; exec \"$@\"", "sh"}, {},
                                     {"sh", "-c", "kill -HUP $PPID; kill -HUP $$; exit 5"});
  CHECK(outcome.ending == "exit 5");
}

TEST_CASE("the filters of processes hold for what run starts") {
  need_root();
  CHECK(run({"--comm", "nosuch"}, demo("spill")).findings().empty());
  CHECK(run({"--not-comm", "mlockscop*"}, demo("spill")).findings().empty());
  CHECK(run({"--comm", "mlockscop?"}, demo("spill")).findings().size() == 1);
}

TEST_CASE("a reader that does not read cannot keep the tracer from ending") {
  need_root();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  Program tracer(with_backend({tracer_program(), "trace", "--calls", "--format", "json"}),
                 {.descriptors = {{ends[1], 1}}});
  ::close(ends[1]);
  char first = 0;
  REQUIRE(::read(ends[0], &first, 1) == 1); // it traces; from here on nobody reads
  Program hammer({program("hammer"), "1", "4", "own"});
  CHECK(hammer.wait() == "exit 0"); // some hundred thousand calls: more than a pipe takes
  tracer.kill(SIGTERM);
  CHECK(tracer.wait() == "exit 1");
  CHECK(tracer.err().find("cannot write to standard output") != std::string::npos);
  ::close(ends[0]);
}

TEST_CASE("numbers beyond their bounds are bad usage, not a crash") {
  CHECK(execute({tracer_program(), "trace", "-u", "99999999999999999999"}).ending == "exit 2");
  CHECK(execute({tracer_program(), "trace", "--duration", "1e99"}).ending == "exit 2");
  CHECK(execute({tracer_program(), "trace", "--buffer", "99999999999G"}).ending == "exit 2");
}
