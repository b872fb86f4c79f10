// What a CI job sees: the exit status, the files for it, and what suppressions do to both.
#include "support.hpp"

#include "support/catch.hpp"

#include <regex>
#include <sys/stat.h>

using namespace mlockscope::live;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// `mlockscope run` in a folder of its own, with both files for CI.
struct Job {
  explicit Job(Words options = {}, const Words& command = {program("keeper_debug")}) {
    need_root();
    options.insert(options.begin(), {tracer_program(), "run", "--fail-on", "high", "--sarif",
                                     folder.path("r.sarif"), "--junit", folder.path("r.xml")});
    options.push_back("--");
    options.insert(options.end(), command.begin(), command.end());
    outcome = execute(options);
  }
  [[nodiscard]] Json sarif() const { return Json::parse(read_file(folder.path("r.sarif"))); }
  [[nodiscard]] Json results() const { return sarif().at("runs").at(0).at("results"); }
  [[nodiscard]] Json invocation() const { return sarif().at("runs").at(0).at("invocations").at(0); }
  [[nodiscard]] std::string junit() const { return read_file(folder.path("r.xml")); }

  Folder folder;
  Outcome outcome;
};

} // namespace

TEST_CASE("a finding fails the job, and is in both files") {
  const Job job;
  CHECK(job.outcome.ending == "exit 99");
  REQUIRE(job.results().size() == 1);
  const Json result = job.results().at(0);
  INFO(result.dump(1));
  CHECK(result.at("ruleId") == "spill");
  CHECK(has(result.at("locations").dump(), "keeper.c"));
  CHECK(has(result.at("relatedLocations").dump(), "keeper.c"));
  CHECK(result.at("stacks").size() == 2);
  CHECK_FALSE(result.contains("suppressions"));
  CHECK(job.invocation().at("executionSuccessful") == true);
  CHECK(has(job.junit(), "<failure"));
  CHECK(has(job.junit(), "drop_key"));
}

TEST_CASE("the same program has the same fingerprints in every run, and no address is told") {
  const Job one, other;
  const Json first = one.results().at(0), second = other.results().at(0);
  CHECK_FALSE(first.at("partialFingerprints").empty());
  for (const char* const same : {"partialFingerprints", "locations", "relatedLocations", "stacks"})
    CHECK(first.at(same) == second.at(same));
  // An offset in a function or a file has fewer digits than an address.
  const std::string text = read_file(one.folder.path("r.sarif"));
  CHECK_FALSE(std::regex_search(text, std::regex("0x[0-9a-f]{9,}")));
  CHECK(std::regex_search(text, std::regex("keeper")));
}

TEST_CASE("the files can be read by the next step of a job that is not root's") {
  const Job job;
  struct stat status {};
  REQUIRE(::stat(job.folder.path("r.sarif").c_str(), &status) == 0);
  CHECK((status.st_mode & S_IROTH) != 0);
}

TEST_CASE("nothing found: no result, and tests that passed") {
  const Job job({}, {tracer_program(), "demo", "clean"});
  CHECK(job.outcome.ending == "exit 0");
  CHECK(job.results().empty());
  CHECK(has(job.junit(), "<testcase"));
  CHECK_FALSE(has(job.junit(), "<failure"));
}

TEST_CASE("a run that lost events is not successful, whatever it found") {
  const Job job({"--simulate-loss", "3"}, {tracer_program(), "demo", "clean"});
  CHECK(job.outcome.ending == "exit 99");
  CHECK(job.invocation().at("executionSuccessful") == false);
  CHECK(has(job.junit(), "<error"));
}

TEST_CASE("a suppressed finding fails nothing, is not shown, and is marked in the files") {
  const Folder folder;
  folder.write("known.supp", "{\n  name: known\n  kind: spill\n  unlocked-by: fun:drop_key\n}\n"
                             "{\n  name: never\n  comm: nobody\n}\n");
  const Job job({"--suppressions", folder.path("known.supp")});
  INFO(job.outcome.out << job.outcome.err);
  CHECK(job.outcome.ending == "exit 0");
  CHECK_FALSE(has(job.outcome.out, "#1 spill"));
  CHECK(has(job.outcome.out, "1 of them suppressed"));
  CHECK(has(job.outcome.err, "the suppression never"));
  CHECK_FALSE(has(job.outcome.err, "the suppression known"));
  REQUIRE(job.results().size() == 1);
  CHECK(job.results().at(0).at("suppressions").size() == 1);
  CHECK(has(job.junit(), "<skipped"));
}

TEST_CASE("what --gen-suppressions prints suppresses the finding") {
  const Folder folder;
  const Job first({"--gen-suppressions", "--format", "json", "-o", folder.path("lines")});
  REQUIRE(has(first.outcome.err, "unlocked-by: fun:drop_key"));
  const auto from = first.outcome.err.find("{\n"), to = first.outcome.err.rfind("}\n");
  REQUIRE(to != std::string::npos);
  folder.write("made.supp", first.outcome.err.substr(from, to + 2 - from));
  CHECK(Job({"--suppressions", folder.path("made.supp")}).outcome.ending == "exit 0");
}

TEST_CASE("bad suppressions, and two outputs in one file, are told before anything is run") {
  const Folder folder;
  folder.write("bad.supp", "{\n  kind: splil\n}\n");
  const Job bad({"--suppressions", folder.path("bad.supp")}, {"echo", "ran"});
  CHECK(bad.outcome.ending == "exit 2");
  CHECK(has(bad.outcome.err, "bad.supp:2"));
  CHECK(has(bad.outcome.err, "splil"));
  CHECK(bad.outcome.out.empty());
  const Job twice({"-o", folder.path("r"), "--record", folder.path("r")}, {"echo", "ran"});
  CHECK(twice.outcome.ending == "exit 2");
  CHECK(has(twice.outcome.err, "two outputs go to"));
  CHECK(twice.outcome.out.empty());
}

TEST_CASE("a recording gives the same SARIF file again") {
  const Folder folder;
  const Job job({"--record", folder.path("r.mls")});
  const Outcome replay = execute({tracer_program(), "replay", "--fail-on", "high", "--sarif",
                                  folder.path("again.sarif"), folder.path("r.mls")});
  CHECK(replay.ending == "exit 99");
  const Json again = Json::parse(read_file(folder.path("again.sarif")));
  CHECK(again.at("runs").at(0).at("results") == job.results());
}

TEST_CASE("explain knows every kind, and says which there are") {
  CHECK(has(execute({tracer_program(), "explain", "self-spill"}).out, "self-spill"));
  const Outcome unknown = execute({tracer_program(), "explain", "splil"});
  CHECK(unknown.ending == "exit 2");
  CHECK(has(unknown.err, "lockall-hole"));
}
