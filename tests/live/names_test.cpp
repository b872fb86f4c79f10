// Both places of a finding by name, in programs of every kind: what the programs are is said in
// tests/programs/CMakeLists.txt.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

/// The only finding of a command.
Json only_finding(const Words& options, const Words& command) {
  const Trace trace = run(options, command);
  INFO(trace.err);
  REQUIRE(trace.ending == "exit 0");
  require_complete(trace);
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  return findings.front();
}
Json only_finding(const Words& command) { return only_finding({}, command); }

std::string symbol_of(const Json& frame) {
  return frame.at("symbol").is_null() ? "" : frame.at("symbol").get<std::string>();
}

/// The functions of a stack, innermost first; those without a name as "".
std::vector<std::string> functions(const Json& stack) {
  std::vector<std::string> names;
  if (stack.is_null()) return names;
  for (const Json& frame : stack) names.push_back(symbol_of(frame));
  return names;
}

/// True if the names are in the stack in this order; others may be between them.
bool in_order(const Json& stack, const std::vector<std::string>& wanted) {
  const auto all = functions(stack);
  auto at = all.begin();
  for (const std::string& name : wanted) {
    at = std::find_if(at, all.end(), [&](const std::string& each) {
      return each.find(name) != std::string::npos;
    });
    if (at == all.end()) return false;
    ++at;
  }
  return true;
}

/// The frame of a function.
Json frame_of(const Json& stack, const std::string& name) {
  for (const Json& frame : stack)
    if (symbol_of(frame).find(name) != std::string::npos) return frame;
  FAIL("no frame of " << name << " in " << stack.dump());
  return {};
}

const Json& unlocked(const Json& finding) { return finding.at("call").at("stack"); }
const Json& locked(const Json& finding) { return finding.at("victim").at("stack"); }

void check_keeper(const Json& finding) {
  INFO(finding.dump(1));
  CHECK(finding.at("kind") == "spill");
  CHECK(in_order(unlocked(finding), {"drop_key", "close_session", "main"}));
  CHECK(in_order(locked(finding), {"load_key", "open_session", "main"}));
  CHECK(finding.at("group").is_string());
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the functions, and those that called them, whatever the program is built like") {
  need_root();
  for (const char* name : {"keeper_framed", "keeper_frameless", "keeper_fixed", "keeper_static"}) {
    INFO(name);
    check_keeper(only_finding({program(name)}));
  }
}

TEST_CASE("source file and line, where there is debug information") {
  need_root();
  const Trace trace = run({}, {program("keeper_debug")});
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  check_keeper(findings[0]);
  const Json told = Json::parse(trace.out);
  const Json drop = frame_of(unlocked(findings[0]), "drop_key");
  const Json load = frame_of(locked(findings[0]), "load_key");
  CHECK(has(drop.at("file"), "keeper.c"));
  CHECK(drop.at("line") == told.at("drop_line"));
  CHECK(load.at("line") == told.at("load_line"));
}

TEST_CASE("without any symbols: the module, the offset in it, and the same group in every run") {
  need_root();
  std::string group;
  for (int n = 0; n < 2; ++n) {
    const Json finding = only_finding({program("keeper_stripped")});
    INFO(finding.dump(1));
    REQUIRE(unlocked(finding).size() >= 3);
    const Json& place = unlocked(finding)[1];
    CHECK(has(place.at("module"), "keeper_stripped"));
    CHECK(address(place.at("module_offset")) != 0);
    CHECK(place.at("build_id").is_string());
    REQUIRE(finding.at("group").is_string());
    if (n == 0) group = finding.at("group");
    CHECK(finding.at("group") == group);
  }
}

TEST_CASE("names of C++ are as they were written") {
  need_root();
  const Json finding = only_finding({program("vault")});
  INFO(finding.dump(1));
  CHECK(in_order(unlocked(finding), {"vault::Key<unsigned char>::drop(", "main"}));
  CHECK(in_order(locked(finding), {"vault::Key<unsigned char>::load(", "main"}));
}

TEST_CASE("functions of a library that was loaded a moment ago") {
  need_root();
  const Json finding = only_finding({program("keeper_frameless"), program("keeper_plugin.so")});
  check_keeper(finding);
  CHECK(has(frame_of(unlocked(finding), "drop_key").at("module"), "keeper_plugin.so"));
  CHECK(has(frame_of(locked(finding), "load_key").at("module"), "keeper_plugin.so"));
  CHECK(has(frame_of(locked(finding), "open_session").at("module"), "keeper_frameless"));
}

/// With it its namespace ends, and nobody can open the file any more: so it lives for a moment.
TEST_CASE("a program that only its own mount namespace has") {
  need_root();
  const std::string script = "mount -t tmpfs hidden /mnt && cp " + program("keeper_frameless") +
                             " /mnt/hidden_keeper && LINGER=1 exec /mnt/hidden_keeper";
  const Json finding = only_finding({"unshare", "--mount", "sh", "-c", script});
  check_keeper(finding);
  CHECK(frame_of(locked(finding), "load_key").at("module") == "/mnt/hidden_keeper");
  REQUIRE(::access("/mnt/hidden_keeper", F_OK) != 0);
}

TEST_CASE("code that was compiled at run time") {
  need_root();
  REQUIRE(std::system("command -v node >/dev/null") == 0); // e2e needs it, too
  const Folder folder;
  // Hot enough to be compiled; the calls behind it are as everybody's.
  const char* const script = R"(
    const fs = require('fs');
    const call = (path) => { try { fs.openSync(path); } catch (error) { return error.code; } };
    function loadKeyOfSession(path) { const code = call(path); return code + '.'; }
    function dropKeyOfSession(path) { const code = call(path); return code + '.'; }
    for (let i = 0; i < 30000; ++i) { loadKeyOfSession('/nothing'); dropKeyOfSession('/nothing'); }
    loadKeyOfSession('/lock/0'); loadKeyOfSession('/lock/1'); dropKeyOfSession('/unlock/0');
  )";
  const Trace trace =
      run({"--kind", "spill"},
          {"env", "-C", folder.path(""), "LD_PRELOAD=" + program("jit_lock.so"), "node",
           "--perf-basic-prof", "--interpreted-frames-native-stack", "-e", script});
  INFO(trace.err);
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  INFO(findings[0].dump(1));
  CHECK(in_order(unlocked(findings[0]), {"pass_on", "dropKeyOfSession"}));
  CHECK(in_order(locked(findings[0]), {"pass_on", "loadKeyOfSession"}));
}

namespace {

/// The failures of a command that may lock nothing.
std::vector<Json> refused(Words command) {
  const Words starter{"setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock", "prlimit",
                      "--memlock=0:0"};
  command.insert(command.begin(), starter.begin(), starter.end());
  const Trace trace = run({"--kind", "lock-failed"}, command);
  INFO(trace.err);
  const auto findings = trace.findings();
  REQUIRE_FALSE(findings.empty());
  return findings;
}

bool some_in_order(const std::vector<Json>& findings, const std::vector<std::string>& functions) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Json& finding) { return in_order(unlocked(finding), functions); });
}

} // namespace

TEST_CASE("libsodium's own functions") {
  need_root();
  const auto findings = refused({program("sodium"), "guarded"});
  CHECK(some_in_order(findings, {"mlock", "sodium_malloc", "main"}));
  CHECK(has(frame_of(unlocked(findings[0]), "sodium_malloc").at("module"), "libsodium.so"));
}

TEST_CASE("libcryptsetup's own functions, called by a program without symbols") {
  need_root();
  const Folder folder;
  folder.write("key", "12345678", 0600);
  folder.write("disk", std::string(20u << 20, '\0'), 0600);
  const auto findings = refused({"cryptsetup", "luksFormat", "--batch-mode", "--type", "luks1",
                                 "--pbkdf-force-iterations", "1000", "--key-file",
                                 folder.path("key"), folder.path("disk")});
  CHECK(some_in_order(findings, {"mlock", "crypt_safe_alloc"}));
  const Json frame = frame_of(unlocked(findings[0]), "crypt_safe_alloc");
  CHECK(has(frame.at("module"), "libcryptsetup.so"));
  CHECK(has(unlocked(findings[0]).dump(), "sbin/cryptsetup"));
}

TEST_CASE("a fork has a place, and so has the lock of what the child has a copy of") {
  need_root();
  const Trace trace = run({}, {tracer_program(), "demo", "fork"});
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  INFO(findings[0].dump(1));
  CHECK(findings[0].at("kind") == "fork");
  CHECK(in_order(unlocked(findings[0]), {"demo::", "main"}));
  CHECK(in_order(locked(findings[0]), {"demo::", "main"}));
  CHECK(findings[0].at("group").is_string());
}

TEST_CASE("a lock made long before, and many libraries loaded since") {
  need_root();
  const auto tracer = Tracer::trace({"--comm", "keeper_*"});
  CHECK(execute({"env", "LOADS=12", program("keeper_frameless")}).ending == "exit 0");
  const Trace trace = tracer->stop();
  REQUIRE(trace.findings().size() == 1);
  check_keeper(trace.findings()[0]);
}

TEST_CASE("with --stacks off there are no stacks and no groups") {
  need_root();
  const Json finding = only_finding({"--stacks", "off"}, {program("keeper_framed")});
  CHECK(unlocked(finding).is_null());
  CHECK(locked(finding).is_null());
  CHECK(finding.at("group").is_null());
}

TEST_CASE("with --stacks on the places are the same as with auto") {
  need_root();
  const Json one = only_finding({"--stacks", "on"}, {program("keeper_frameless")});
  check_keeper(one);
  CHECK(one.at("group") == only_finding({program("keeper_frameless")}).at("group"));
}

TEST_CASE("trace names a place when a finding has it") {
  need_root();
  const auto tracer = Tracer::trace({"--comm", "keeper_*"});
  CHECK(execute({program("keeper_frameless")}).ending == "exit 0");
  const Trace trace = tracer->stop();
  const auto findings = trace.findings();
  REQUIRE(findings.size() == 1);
  check_keeper(findings[0]);
}
