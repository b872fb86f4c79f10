// Copies of locked bytes in children, which have none of the locks: told when the child has lived
// with them for the grace time, and not if it has given them up or locked them by then.
#include "support.hpp"
#include "watching.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <sys/stat.h>

using namespace mlockscope::live;

namespace {

/// A tests/programs/parent.c for each line, all at the same time.
Words parents(const std::vector<std::string>& each) {
  std::string script;
  for (const auto& arguments : each) script += program("parent") + " " + arguments + " & ";
  return {"sh", "-c", script + "wait"};
}

/// What each says it did: `how` -> its line.
std::map<std::string, Json> accounts(const Trace& trace) {
  std::map<std::string, Json> all;
  std::istringstream lines(trace.out);
  for (std::string line; std::getline(lines, line);) {
    const Json account = Json::parse(line);
    all[account.at("how")] = account;
  }
  return all;
}

struct Expected {
  std::string severity;
  bool parent_ended = false;
};
const Expected parent_lives{"medium", false}, parent_ended{"high", true};

/// The claims are those of parent.c: 32 bytes every 64, from the start of its memory.
void check_claims(const Json& finding, const Json& account) {
  const std::uint64_t memory = address(account.at("memory"));
  const auto count = account.at("claims").get<std::size_t>();
  const Json& claims = finding.at("claims");
  CHECK(finding.at("claims_in_all") == count);
  REQUIRE(claims.size() == std::min<std::size_t>(count, 64));
  for (std::size_t i = 0; i < claims.size(); ++i) {
    CHECK(address(claims[i].at("addr")) == memory + i * 64);
    CHECK(claims[i].at("len") == 32);
    CHECK(claims[i].at("name") == "mlock");
    CHECK(claims[i].at("tid") == account.at("pid"));
  }
  CHECK(finding.at("exposed_bytes") == 32 * count);
  CHECK(finding.at("exposed")[0] == Json{hex_of(memory), hex_of(memory + 32)});
}

/// The finding about `heir`, the child of `parent`.
void check_fork(const Json& finding, const Json& account, const Json& parent, const Json& heir,
                const Expected& expected) {
  INFO(finding.dump());
  CHECK(finding.at("kind") == "fork");
  CHECK(finding.at("severity") == expected.severity);
  CHECK(finding.at("parent_ended") == expected.parent_ended);
  CHECK(finding.at("confidence") == "verified");
  CHECK(finding.at("pid") == parent);
  CHECK(finding.at("child") == heir);
  CHECK(finding.at("call").at("name") == "fork");
  check_claims(finding, account);
}

/// One finding about each heir that this account names, and no other about its process.
void check_heirs(const std::vector<Json>& findings, const Json& account, const Expected& expected) {
  const auto own = of_pid(findings, account.at("pid"));
  INFO(account.dump() << "\n" << text_of(findings));
  REQUIRE(own.size() == account.at("heirs").size());
  for (const Json& heir : account.at("heirs")) {
    const auto about =
        std::find_if(own.begin(), own.end(), [&](const Json& f) { return f.at("child") == heir; });
    REQUIRE(about != own.end());
    check_fork(*about, account, account.at("pid"), heir, expected);
  }
}

} // namespace

TEST_CASE("a child that lives on with copies of locked bytes is a finding, each child one") {
  const Trace trace = run({}, parents({"lives 600 3 2"}));
  require_complete(trace);
  INFO(text_of(trace.lines));
  check_heirs(trace.of("finding"), accounts(trace).at("lives"), parent_lives);
  CHECK(trace.summary().at("findings").at("fork") == 3);
  CHECK(trace.of("exposure").empty()); // the parent's are as locked as ever
}

TEST_CASE("of a thousand claims, a finding lists the first and counts all") {
  const Trace trace = run({}, parents({"lives 600 1 1000"}));
  require_complete(trace);
  check_heirs(trace.of("finding"), accounts(trace).at("lives"), parent_lives);
}

TEST_CASE("a child that gives its copies up, locks them or never had them is no finding") {
  // Longer than the grace time is what each would have its copies for otherwise.
  std::vector<std::string> all;
  const Words harmless{"exec",     "exit",       "lock",   "unmap",   "vfork",
                       "dontfork", "wipeonfork", "shared", "exposed", "released"};
  for (const auto& how : harmless) all.push_back(how + " 2500");
  all.emplace_back("lives 2500");
  const Trace trace = run({"--fork-grace", "1000"}, parents(all));
  require_complete(trace);
  const auto done = accounts(trace);
  REQUIRE(done.size() == all.size());
  const auto forks = of_kind(trace.lines, "fork");
  INFO(trace.out << text_of(trace.of("finding")));
  for (const auto& how : harmless) {
    INFO(how);
    CHECK(of_pid(forks, done.at(how).at("pid")).empty());
  }
  check_heirs(forks, done.at("lives"), parent_lives); // the grace time was over for all
  CHECK(forks.size() == 1);
}

TEST_CASE("a child that ends within the grace time is no finding, however long that is") {
  const Trace trace = run({"--fork-grace", "5000"}, parents({"lives 500", "daemon 500"}));
  require_complete(trace);
  INFO(text_of(trace.of("finding")));
  CHECK(trace.of("finding").empty());
  CHECK(execute({tracer_program(), "trace", "--fork-grace", "soon"}).ending == "exit 2");
  CHECK(execute({tracer_program(), "trace", "--fork-grace", "-1"}).ending == "exit 2");
}

TEST_CASE("if who locked the bytes is gone, nobody has them locked any more: that is worse") {
  const Trace trace = run({"--wait-all"}, parents({"daemon 600", "double 600"}));
  require_complete(trace);
  const auto done = accounts(trace);
  const auto findings = trace.of("finding");
  INFO(trace.out << text_of(findings));
  CHECK(findings.size() == 2);
  check_heirs(findings, done.at("daemon"), parent_ended);
  // Forked twice: the parent is the one in between, which is gone as well; the claims are those of
  // the first.
  const Json& twice = done.at("double");
  const auto about = of_pid(findings, twice.at("children")[0]);
  REQUIRE(about.size() == 1);
  check_fork(about[0], twice, twice.at("children")[0], twice.at("heirs")[0], parent_ended);
}

namespace {

/// A process that a test has to end.
struct Ended {
  pid_t pid;
  ~Ended() { ::kill(pid, SIGKILL); }
};

} // namespace

TEST_CASE("run waits for the rest of a grace time, and not for what lives on") {
  const Trace trace = run({"--fork-grace", "500"}, {program("parent"), "daemon", "100000"});
  const Json account = accounts(trace).at("daemon");
  const Ended daemon{account.at("heirs")[0].get<pid_t>()};
  CHECK(::kill(daemon.pid, 0) == 0);
  require_complete(trace);
  INFO(text_of(trace.of("finding")));
  check_heirs(trace.of("finding"), account, parent_ended);
}

TEST_CASE("the demo's children give what it promises") {
  for (const auto& [name, severity] : {std::pair("fork", "medium"), std::pair("daemon", "high")}) {
    const Trace trace = run({}, {tracer_program(), "demo", name});
    INFO(name << "\n" << text_of(trace.lines) << trace.err);
    CHECK(trace.ending == "exit 0");
    require_complete(trace);
    const auto findings = trace.of("finding");
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].at("kind") == "fork");
    CHECK(findings[0].at("severity") == severity);
  }
}

namespace {

/// A home of its own, and the end of the agent that serves it.
class Gnupg {
public:
  Gnupg() { ::chmod(home().c_str(), 0700); }
  ~Gnupg() { stop(); }
  [[nodiscard]] std::string home() const { return folder_.path(""); }
  /// Its agent, started as every gpg starts it. The parent ends when the agent listens.
  [[nodiscard]] Words start() const {
    return {"gpg-agent", "--homedir", home(), "--daemon", "--quiet"};
  }
  void stop() const { (void)execute({"gpgconf", "--homedir", home(), "--kill", "gpg-agent"}); }

private:
  Folder folder_;
};

/// A line of /proc/PID/status without its name.
std::string status_of(const Json& pid, const std::string& name) {
  std::istringstream status(read_file("/proc/" + pid.dump() + "/status"));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":"))
      return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  return {};
}

} // namespace

TEST_CASE("gpg-agent: it locks its secure memory, forks, and the agent has nothing locked") {
  // GnuPG 2.2: gcry_control(GCRYCTL_INIT_SECMEM) before the fork of --daemon.
  const Gnupg gnupg;
  const auto tracer = Tracer::run({"--wait-all"}, gnupg.start());
  wait_for_findings(*tracer, "fork", 1);
  const auto sofar = of_kind(lines_so_far(*tracer), "fork");
  REQUIRE(sofar.size() == 1);
  const Json agent = sofar[0].at("child");
  CHECK(status_of(agent, "Name") == "gpg-agent");
  CHECK(status_of(agent, "VmLck") == "0 kB");
  gnupg.stop();
  const Trace trace = tracer->finish();
  require_complete(trace);
  CHECK(trace.ending == "exit 0");
  const auto findings = trace.of("finding");
  INFO(text_of(findings) << trace.err);
  REQUIRE(findings.size() == 1);
  const Json& finding = findings[0];
  CHECK(finding.at("kind") == "fork");
  CHECK(finding.at("severity") == "high");
  CHECK(finding.at("parent_ended") == true);
  CHECK(finding.at("comm") == "gpg-agent");
  CHECK(finding.at("pid") != agent);
  CHECK(finding.at("claims_in_all") == 1);
  CHECK(finding.at("claims")[0].at("len") >= 16384); // the pool of libgcrypt
  CHECK(finding.at("exposed_bytes") == finding.at("claims")[0].at("len"));
}
