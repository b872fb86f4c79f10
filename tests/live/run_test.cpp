// `mlockscope run -- CMD` is CMD, seen from outside: status, signals, input and output; and what
// there is to say goes to the right place with the right status.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <sstream>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

Words sh(const std::string& script) { return {"sh", "-c", script}; }

std::size_t line_count(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

Words with(Words first, const Words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

} // namespace

TEST_CASE("run ends with the status of its command") {
  CHECK(run({}, {"true"}).ending == "exit 0");
  CHECK(run({}, sh("exit 3")).ending == "exit 3");
}

TEST_CASE("run says as a shell does that a command cannot be run") {
  const Folder folder;
  const Trace missing = run({}, {folder.path("nothing")});
  CHECK(missing.ending == "exit 127");
  CHECK(line_count(missing.err) == 1);
  const Trace plain = run({}, {folder.write("text", "no program\n")});
  CHECK(plain.ending == "exit 126");
  CHECK(line_count(plain.err) == 1);
}

TEST_CASE("run dies by the signal its command died of") {
  const Trace asked = run({}, sh("kill -TERM $$"));
  CHECK(asked.ending == "signal " + std::to_string(SIGTERM));
  CHECK(asked.summary().at("lost") == 0); // and yet finishes its output
  CHECK(run({}, sh("ulimit -c 0; kill -SEGV $$")).ending == "signal " + std::to_string(SIGSEGV));
}

TEST_CASE("run passes input and output through, and arguments that look like its own") {
  const auto tracer = Tracer::run(
      {}, {"sh", "-c", "cat; echo \"$@\"; echo wrong >&2", "sh", "--calls", "--", "-o"});
  tracer->process().say("one\ntwo\n");
  const Trace trace = tracer->finish();
  CHECK(trace.out == "one\ntwo\n--calls -- -o\n");
  CHECK(trace.err == "wrong\n");
}

TEST_CASE("run passes on the signals it gets, and goes on until its command ends") {
  const auto tracer = Tracer::run(
      {}, sh("trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.02; done"));
  tracer->process().line(1);
  tracer->process().kill(SIGTERM);
  const Trace trace = tracer->finish();
  CHECK(trace.out == "ready\ngot it\n");
  CHECK(trace.ending == "exit 5");
  CHECK(trace.lines.back().at("type") == "summary");
}

TEST_CASE("--user runs the command as that user, and traces it") {
  // The demo would need its own files readable by that user; a shell's are.
  const Trace trace =
      run({"--user", "nobody"}, sh("id -un; id -G; echo $USER; cat /proc/self/status"));
  CHECK(trace.ending == "exit 0");
  std::istringstream lines(trace.out);
  std::string name, groups, user;
  std::getline(lines, name);
  std::getline(lines, groups);
  std::getline(lines, user);
  CHECK(name == "nobody");
  CHECK(user == "nobody");
  CHECK(groups.find_first_not_of("0123456789 ") == std::string::npos);
  CHECK((" " + groups + " ").find(" 0 ") == std::string::npos); // none of root's groups
  CHECK(trace.out.find("CapEff:\t0000000000000000") != std::string::npos);
  CHECK(execute({tracer_program(), "run", "--user", "no-such-user", "--", "true"}).ending ==
        "exit 2");
}

TEST_CASE("run ends with its command, with --wait-all when its last descendant ends") {
  // What goes on in the background keeps neither output open.
  const Folder folder;
  const std::string late = folder.path("late");
  const Words command = sh("(sleep 0.3; " + program("puppet") + " late; echo done >" + late +
                           ") </dev/null >/dev/null 2>&1 & exit 4");
  const Trace all = run({"--wait-all"}, command);
  CHECK(all.ending == "exit 4");
  CHECK(read_file(late) == "done\n");
}

TEST_CASE("--fail-on answers with the error status if a finding is severe enough") {
  const Words high{tracer_program(), "demo", "spill"}, medium{tracer_program(), "demo", "stacked"};
  CHECK(run({"--fail-on", "high"}, high).ending == "exit 99");
  CHECK(run({"--fail-on", "high"}, medium).ending == "exit 0");
  CHECK(run({"--fail-on", "medium", "--error-exitcode", "7"}, medium).ending == "exit 7");
  // A command that fails by itself keeps its own status.
  CHECK(run({"--fail-on", "low"}, sh(tracer_program() + " demo spill; exit 6")).ending == "exit 6");
}

TEST_CASE("trace ends by itself after --duration, and when interrupted, with a summary each") {
  const Trace timed = Tracer::trace({"--duration", "0.2"})->finish();
  CHECK(timed.ending == "exit 0");
  CHECK(timed.summary().at("backend") == timed.lines.front().at("backend"));
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto tracer = Tracer::trace({});
    tracer->process().kill(signal);
    const Trace trace = tracer->finish();
    CHECK(trace.ending == "exit 0");
    CHECK(trace.summary().at("lost") == 0);
  }
}

TEST_CASE("who may not trace is told so in one line, with status 3") {
  need_root();
  // Everybody can execute the copy, wherever the build tree is.
  const Folder folder;
  const std::string copy = folder.write("mlockscope", read_file(tracer_program()), 0755);
  const Words nobody{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
  for (const Words& command : {Words{copy, "trace"}, Words{copy, "run", "--", "true"}}) {
    const Outcome outcome = execute(with(nobody, command));
    INFO(outcome.err);
    CHECK(outcome.ending == "exit 3");
    CHECK(line_count(outcome.err) == 1);
    CHECK(outcome.err.starts_with("mlockscope: "));
    CHECK(outcome.out.empty());
  }
}

TEST_CASE("bad usage is one line and status 2") {
  const std::vector<Words> mistakes{
      {},
      {"nonsense"},
      {"run"},
      {"trace", "--no-such-option"},
      {"trace", "--format", "prose"},
      {"trace", "--pid", "none"},
      {"trace", "--uid", "no-such-user"},
      {"trace", "--cgroup", "/no/such/folder"},
      {"trace", "--comm", "[a-"},
      {"trace", "--duration", "-1"},
      {"trace", "--buffer", "100000"},
      {"trace", "--buffer", "x"},
      {"run", "--fail-on", "terrible", "--", "true"},
      {"run", "--error-exitcode", "256", "--", "true"},
      {"demo", "no-such-case"},
  };
  for (const Words& mistake : mistakes) {
    const Outcome outcome = execute(with({tracer_program()}, mistake));
    std::string words;
    for (const auto& word : mistake) words += " " + word;
    INFO("mlockscope" << words << "\n" << outcome.err);
    CHECK(outcome.ending == "exit 2");
    CHECK(line_count(outcome.err) == 1);
    CHECK(outcome.err.starts_with("mlockscope: "));
  }
}

TEST_CASE("an output that cannot be written is one line and no silent success") {
  // --all-calls: then it does not tell what it does not see
  const Outcome closed = execute(
      {tracer_program(), "trace", "--all-calls", "--duration", "0.1", "-o", "/no/such/file"});
  CHECK(closed.ending == "exit 3");
  CHECK(line_count(closed.err) == 1);
  const Outcome full = execute({tracer_program(), "trace", "--all-calls", "--duration", "0.1",
                                "--format", "json", "-o", "/dev/full"});
  CHECK(full.ending == "exit 1");
  CHECK(line_count(full.err) == 1);
}
