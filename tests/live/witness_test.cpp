// Programs that nobody here wrote: mlockscope and a witness that only knows strace's log of the
// same run and the rules come to the same verdicts, to the byte. None is missed, none is invented.
#include "support.hpp"
#include "witness.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

Bytes bytes_of(const Json& range) { return {address(range[0]), address(range[1])}; }

std::string text_of(const Json& finding) {
  const Json& call = finding.at("call");
  const Json& victim = finding.at("victim");
  std::vector<Bytes> exposed;
  for (const Json& range : finding.at("exposed")) exposed.push_back(bytes_of(range));
  const std::string about = victim.at("addr").is_null() ? "null"
                                                        : victim.at("addr").get<std::string>() +
                                                              "+" + victim.at("len").dump();
  return verdict(finding.at("tid"), finding.at("kind"), call.at("name"), address(call.at("addr")),
                 call.at("len"), about, exposed);
}

/// The same, from what mlockscope wrote.
Testimony reported(const Trace& trace) {
  Testimony testimony;
  for (const Json& finding : trace.findings()) {
    // What a child lives on with, and what goes to swap, is in no log of these calls.
    if (finding.at("kind") == "fork" || finding.at("kind") == "swapped") continue;
    if (finding.at("kind") == "lock-failed") {
      const std::string key = finding.at("tid").dump() + " " +
                              finding.at("call").at("name").get<std::string>() + " " +
                              finding.at("evidence").at("errno").get<std::string>();
      testimony.failed[key] += finding.at("count").get<std::uint64_t>();
    } else {
      CHECK(finding.at("confidence") == "verified");
      testimony.findings.push_back(text_of(finding));
    }
  }
  std::sort(testimony.findings.begin(), testimony.findings.end());
  for (const auto& [name, count] : trace.summary().at("calls").items())
    if (name.starts_with("mlock") || name.starts_with("munlock"))
      testimony.calls[name] = count.get<std::uint64_t>();
  return testimony;
}

/// The same failures, call by call: a finding counts only those of its first second.
void check_failures(const Testimony& ours, const Testimony& witness, const Trace& trace) {
  std::map<std::string, std::uint64_t> calls;
  for (const Json& call : trace.of("call")) {
    const auto ret = call.at("ret").get<std::int64_t>(); // of mmap and brk an address
    const char* const name = ret < 0 ? ::strerrorname_np(static_cast<int>(-ret)) : nullptr;
    if (name != nullptr)
      ++calls[call.at("tid").dump() + " " + call.at("name").get<std::string>() + " " + name];
  }
  std::uint64_t all = 0;
  for (const auto& [what, count] : witness.failed) {
    INFO(what);
    all += count;
    CHECK(calls[what] == count);
    const auto told = ours.failed.find(what);
    REQUIRE(told != ours.failed.end());
    CHECK(told->second >= 1);
    CHECK(told->second <= count);
  }
  CHECK(ours.failed.size() == witness.failed.size());
  CHECK(trace.summary().at("lock_failures") == all);
}

/// What mlockscope makes of strace's log alone: the same, but for calls that failed at a hole, of
/// which a log does not tell what they unlocked.
void check_log(const std::string& log, const Trace& trace) {
  const Outcome replay =
      execute({tracer_program(), "replay", "--from", "strace", log, "--format", "json",
               "--log-page-size", std::to_string(::sysconf(_SC_PAGESIZE))});
  INFO(replay.err);
  CHECK(replay.ending == "exit 0");
  const auto verdicts = [](const std::vector<Json>& lines) {
    Verdicts found;
    for (const Json& line : lines) {
      if (line.at("type") != "finding" || line.at("call").at("ret") != 0) continue;
      if (line.at("kind") != "fork" && line.at("kind") != "swapped") found.push_back(text_of(line));
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  std::vector<Json> lines;
  std::istringstream in(replay.out);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  CHECK(verdicts(lines) == verdicts(trace.lines));
}

std::string difference(const Verdicts& left, const Verdicts& right) {
  Verdicts only;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(),
                      std::back_inserter(only));
  std::string text;
  for (const auto& each : only) text += each + "\n";
  return text;
}

constexpr const char* traced_calls =
    "trace=mlock,mlock2,munlock,mlockall,munlockall,mmap,munmap,mremap,brk,exit_group,execve,"
    "clone,clone3,fork,vfork";

/// Runs a command below strace below mlockscope. Returns what both found.
Testimony agreed(const Words& command, const std::string& ending = "exit 0") {
  const Folder folder;
  const std::string log = folder.path("log");
  Words all{"strace", "-f", "-ttt", "-o", log, "-e", traced_calls};
  all.insert(all.end(), command.begin(), command.end());
  const Trace trace = run({"--calls", "--no-default-suppressions"}, all);
  INFO(trace.out << trace.err);
  CHECK(trace.ending == ending);
  require_complete(trace);

  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const Testimony witness = testify(parse_strace(read_file(log)), page);
  const Testimony ours = reported(trace);
  CHECK(difference(witness.findings, ours.findings) == ""); // missed
  CHECK(difference(ours.findings, witness.findings) == ""); // invented
  check_failures(ours, witness, trace);
  CHECK(ours.calls == witness.calls);
  check_log(log, trace);
  return witness;
}

/// Two keys and a container, as a user of cryptsetup has them.
class Disk {
public:
  Disk() {
    write_key("key", 9);
    folder_.write("disk", "");
    std::filesystem::resize_file(file("disk"), 20u << 20);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.path(name); }
  void write_key(const std::string& name, std::size_t length) const {
    folder_.write(name, std::string(length, 'k'), 0600);
  }

private:
  Folder folder_;
};

const std::string cheap = "--pbkdf-force-iterations";

} // namespace

TEST_CASE("cryptsetup: making a container and adding a key") {
  const Disk disk;
  const auto made = agreed({"cryptsetup", "luksFormat", "--batch-mode", "--type", "luks1", cheap,
                            "1000", "--key-file", disk.file("key"), disk.file("disk")});
  CHECK(made.calls.at("mlock") > 0);
  // Version 2.6 locks small buffers of the heap. Whether two of them share a page depends on the
  // libraries below it, and on how long the new key is.
  bool found = false;
  for (const std::size_t length : {12, 1, 8, 24, 100, 500, 3000}) {
    if (found) break;
    disk.write_key("other", length);
    found = !agreed({"cryptsetup", "luksAddKey", "--batch-mode", cheap, "1000", "--key-file",
                     disk.file("key"), disk.file("disk"), disk.file("other")})
                 .findings.empty();
  }
  CHECK(found);
}

TEST_CASE("libsodium: keys on the heap expose each other, guarded ones do not") {
  CHECK_FALSE(agreed({program("sodium"), "heap"}).findings.empty());
  const auto guarded = agreed({program("sodium"), "guarded"});
  CHECK(guarded.findings.empty());
  CHECK(guarded.calls.at("mlock") >= 8);
}

TEST_CASE("gpg: its pool of secure memory is locked once and stays so") {
  const Folder home;
  home.write("text", "hello\n");
  // Whatever it starts for itself (an agent) ends with it.
  const std::string script =
      "chmod 700 $H; gpg --homedir $H --batch --pinentry-mode loopback --passphrase x --symmetric "
      "-o $H/out $H/text; got=$?; gpgconf --homedir $H --kill all; exit $got";
  const auto found = agreed({"env", "H=" + home.path(""), "sh", "-c", script});
  CHECK(found.findings.empty());
  CHECK(found.calls.at("mlock") > 0);
}

TEST_CASE("memtester locks what it tests") {
  CHECK(agreed({"memtester", "64K", "1"}).calls.at("mlock") > 0);
}

TEST_CASE("stress-ng locks and unlocks whatever it can, wrong calls included") {
  const auto one = agreed({"stress-ng", "--mlock", "1", "--mlock-ops", "2000"});
  CHECK(one.calls.at("mlock") > 1000);
  CHECK_FALSE(one.failed.empty());
}

TEST_CASE("the demo, whose own promises are checked elsewhere") {
  CHECK(agreed({tracer_program(), "demo"}).findings.size() >= 10);
}
