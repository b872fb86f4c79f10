// Every case of `mlockscope demo` gives the findings it promises, and no other.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <sstream>

using namespace mlockscope::live;

namespace {

using Kinds = std::vector<std::string>;

/// name -> kinds, from `mlockscope demo --list`: two columns and a description.
std::map<std::string, Kinds> promised() {
  std::map<std::string, Kinds> cases;
  std::istringstream list(execute({tracer_program(), "demo", "--list"}).out);
  std::string line, name, kind;
  std::getline(list, line); // the heading
  const auto second = line.find("FINDINGS"), third = line.find("WHAT");
  while (std::getline(list, line)) {
    std::istringstream first(line), kinds(line.substr(second, third - second));
    first >> name;
    cases[name] = {};
    while (kinds >> kind)
      if (kind != "none") cases[name].push_back(kind);
  }
  cases.erase("daemon"); // whose finding is of another process: fork_test.cpp has it
  return cases;
}

/// All cases one after the other, each in a process whose number is printed: "spill 4711 0".
constexpr const char* script = R"(for each in $CASES; do
  $DEMO demo $each & wait $!; echo $each $! $?
done)";

struct Done {
  int pid = 0, status = 0;
};

std::map<std::string, Done> processes(const std::string& out) {
  std::map<std::string, Done> done;
  std::istringstream lines(out);
  std::string name;
  for (Done each; lines >> name >> each.pid >> each.status;) done[name] = each;
  return done;
}

const std::map<std::string, std::string> severity{
    {"spill", "high"},     {"self-spill", "high"},     {"nested", "high"},
    {"stacked", "medium"}, {"lockall-hole", "medium"}, {"lock-failed", "high"},
    {"fork", "medium"},    {"swapped", "critical"},
};

std::vector<Json> of_process(const std::vector<Json>& lines, int pid) {
  std::vector<Json> own;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(own),
               [pid](const Json& line) { return line.at("pid") == pid; });
  return own;
}

/// A call line with the name, address and length that `about` names.
bool is_among(const std::vector<Json>& calls, const Json& about, const std::string& name) {
  return std::any_of(calls.begin(), calls.end(), [&](const Json& call) {
    // What mmap locked lies where it returned, not where it was asked for.
    const Json at = name == "mmap" ? Json(hex_of(call.at("ret"))) : call.at("addr");
    const bool placed = at == about.at("addr");
    return call.at("name") == name && placed && call.at("len") == about.at("len");
  });
}

/// Of a fork, which has no range, the bytes are only counted.
void check_exposed(const Json& finding) {
  std::uint64_t bytes = 0;
  const Json& applied = finding.at("call").at("applied");
  for (const Json& range : finding.at("exposed")) {
    CHECK(address(range[0]) < address(range[1]));
    CHECK((applied.is_null() || address(applied[0]) <= address(range[0])));
    CHECK((applied.is_null() || address(range[1]) <= address(applied[1])));
    bytes += address(range[1]) - address(range[0]);
  }
  CHECK(bytes > 0);
  CHECK(finding.at("exposed_bytes") == bytes);
}

/// The exposed bytes are the part of the victim, where it lies now, that the call unlocked.
void check_victim(const Json& finding, const std::vector<Json>& calls) {
  const Json& victim = finding.at("victim");
  if (finding.at("kind") == "lockall-hole") {
    CHECK(victim.at("addr").is_null());
    CHECK(victim.at("len").is_null());
    CHECK(victim.at("name") == "mlockall");
    return;
  }
  CHECK(is_among(calls, victim, victim.at("name")));
  const std::uint64_t start =
      victim.contains("now") ? address(victim.at("now")[0]) : address(victim.at("addr"));
  const std::uint64_t end = start + victim.at("len").get<std::uint64_t>();
  for (const Json& range : finding.at("exposed")) {
    CHECK(start <= address(range[0]));
    CHECK(address(range[1]) <= end);
  }
}

void check_finding(const Json& finding, const std::vector<Json>& calls) {
  INFO(finding.dump());
  CHECK(finding.at("severity") == severity.at(finding.at("kind")));
  const bool fork = finding.at("kind") == "fork";
  CHECK((fork || is_among(calls, finding.at("call"), finding.at("call").at("name"))));
  if (finding.at("kind") == "lock-failed") {
    CHECK(finding.at("victim").is_null());
    CHECK(finding.at("exposed").empty());
    return;
  }
  CHECK(finding.at("confidence") == "verified");
  check_exposed(finding);
  check_victim(finding, calls);
}

} // namespace

TEST_CASE("each case of the demo gives exactly the findings it promises") {
  const auto cases = promised();
  REQUIRE(cases.size() >= 20);
  std::string names;
  for (const auto& [name, kinds] : cases) names += name + " ";
  const Trace trace =
      run({"--calls"}, {"env", "CASES=" + names, "DEMO=" + tracer_program(), "sh", "-c", script});
  REQUIRE(trace.ending == "exit 0");
  require_complete(trace);

  const auto done = processes(trace.out);
  const auto findings = trace.findings();
  std::size_t expected = 0;
  for (const auto& [name, kinds] : cases) {
    INFO("demo " << name << "\n" << trace.err);
    REQUIRE(done.contains(name));
    const bool could = done.at(name).status == 0;
    CHECK((could || done.at(name).status == 77));
    Kinds got;
    for (const Json& finding : of_process(findings, done.at(name).pid)) {
      got.push_back(finding.at("kind"));
      check_finding(finding, of_process(trace.of("call"), done.at(name).pid));
    }
    if (could) CHECK(got == kinds);
    expected += got.size();
  }
  CHECK(findings.size() == expected); // none of another process
}

TEST_CASE("what the demo exposed and healed again is closed so") {
  const Trace trace = run({}, {"sh", "-c",
                               tracer_program() + " demo released; " + tracer_program() +
                                   " demo relocked; " + tracer_program() + " demo spill"});
  require_complete(trace);
  std::vector<std::string> closed;
  for (const Json& line : trace.of("exposure")) closed.push_back(line.at("closed"));
  CHECK(closed == std::vector<std::string>{"released", "relocked", "unmapped"});
}
