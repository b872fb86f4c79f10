// A recording of the real tracer gives what the tracing gave, to the byte; and by the rules of
// other machines what would have happened there.
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

Words with(Words first, const Words& more) {
  first.insert(first.end(), more.begin(), more.end());
  return first;
}

Words replaying(const Words& options) { return with({tracer_program(), "replay"}, options); }

/// The JSON lines of a replay that must succeed.
std::vector<Json> lines_of(const Words& options) {
  const Outcome outcome = execute(replaying(with({"--format", "json"}, options)));
  INFO(outcome.err);
  REQUIRE(outcome.ending == "exit 0");
  std::vector<Json> lines;
  std::istringstream in(outcome.out);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> findings_of(const Words& options) {
  std::vector<Json> found = lines_of(options);
  std::erase_if(found, [](const Json& line) { return line.at("type") != "finding"; });
  return found;
}

/// Records a command with every call shown; checks that it ended well.
struct Recorded {
  explicit Recorded(const Words& command, const Words& options = {}) {
    need_root();
    const Outcome outcome = execute(with(with({tracer_program(), "run", "--format", "json", "-o",
                                               folder.path("live.ndjson"), "--record", file()},
                                              options),
                                         with({"--"}, command)));
    INFO(outcome.err);
    REQUIRE(outcome.ending == "exit 0");
    out = outcome.out;
  }
  [[nodiscard]] std::string file() const { return folder.path("r.mls"); }
  [[nodiscard]] std::string live() const { return read_file(folder.path("live.ndjson")); }

  Folder folder;
  std::string out;
};

/// The first place where two texts differ, for INFO.
std::string difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string one, other;
  for (std::size_t number = 1;; ++number) {
    const bool more = static_cast<bool>(std::getline(left, one));
    const bool others = static_cast<bool>(std::getline(right, other));
    if (!more && !others) return "";
    if (more != others || one != other)
      return "line " + std::to_string(number) + ":\n" + one + "\n" + other;
  }
}

} // namespace

TEST_CASE("a replay gives the JSON of the tracing to the byte") {
  const Recorded demo({tracer_program(), "demo"}, {"--calls", "--show-possible"});
  const Outcome replay =
      execute(replaying({demo.file(), "--format", "json", "--calls", "--show-possible"}));
  INFO(replay.err);
  CHECK(replay.ending == "exit 0");
  CHECK(replay.err.empty());
  CHECK(difference(demo.live(), replay.out) == "");
  CHECK(replay.out == demo.live());
  // Worth comparing only if there is something in it.
  for (const char* word : {"\"spill\"", "\"fork\"", "\"exposure\"", "lock-failed"})
    CHECK(replay.out.find(word) != std::string::npos);
}

TEST_CASE("so it does of page faults") {
  const Recorded faults({program("faults"), "locked"}, {"--calls"});
  const Outcome replay = execute(replaying({faults.file(), "--format", "json", "--calls"}));
  CHECK(difference(faults.live(), replay.out) == "");
  CHECK(replay.out.find("\"type\":\"fault\"") != std::string::npos);
}

TEST_CASE("so it does after lost events") {
  const Recorded lossy({program("puppet")}, {"--calls", "--simulate-loss", "5"});
  const Recorded walked({tracer_program(), "demo"}, {"--calls", "--simulate-loss", "5"});
  CHECK(walked.live().find("\"lost\",\"count\"") != std::string::npos);
  CHECK(difference(walked.live(),
                   execute(replaying({walked.file(), "--format", "json", "--calls"})).out) == "");
}

TEST_CASE("a replay for people is the same, too") {
  const Folder folder;
  const auto file = [&](const char* name) { return folder.path(name); };
  for (const std::string format : {"line", "report"}) {
    const Outcome live =
        execute({tracer_program(), "run", "--format", format, "-o", file("live"), "--record",
                 file("r.mls"), "--", tracer_program(), "demo", "nested"});
    REQUIRE(live.ending == "exit 0");
    const Outcome replay = execute(replaying({file("r.mls"), "--format", format}));
    CHECK(replay.ending == "exit 0");
    CHECK(replay.out == read_file(file("live")));
    CHECK(replay.err.find("replaying " + file("r.mls") + ", traced by tracepoints on ") !=
          std::string::npos);
  }
}

TEST_CASE("a whole system is recorded, too, and what was locked before") {
  const Folder folder;
  Puppet early("early");
  early.tell("lock 0 64");
  const auto tracer = Tracer::trace({"--record", folder.path("r.mls"), "--show-possible", "--comm",
                                     "early", "--comm", "late", "--calls"});
  early.tell("unlock 0 64");
  Puppet late("late");
  late.tell("lock 0 64");
  late.tell("lock 100 64");
  late.tell("unlock 0 64");
  const Trace live = tracer->stop();
  std::vector<Json> replayed = lines_of({folder.path("r.mls"), "--show-possible", "--calls"});
  CHECK(live.findings().size() >= 1);
  CHECK(replayed == live.lines);
}

TEST_CASE("a replay needs no privilege, and nothing of the kernel's") {
  const Recorded demo({tracer_program(), "demo", "spill"});
  REQUIRE(::chmod(demo.file().c_str(), 0644) == 0);
  const Outcome replay =
      execute({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all",
               "--no-new-privs", tracer_program(), "replay", demo.file(), "--format", "json"});
  INFO(replay.err);
  CHECK(replay.ending == "exit 0");
  CHECK(replay.out == demo.live());
}

TEST_CASE("a recording is its owner's alone, for it tells addresses of secrets") {
  const Recorded demo({tracer_program(), "demo", "clean"});
  struct stat status {};
  REQUIRE(::stat(demo.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a program that is clean on 4 KiB spills on larger pages, and where it would not, not") {
  const Recorded keys({program("neighbours")});
  const Json said = Json::parse(keys.out);
  CHECK(findings_of({keys.file(), "--page-size", "4K"}).empty());
  for (const char* size : {"16K", "64K"}) {
    const auto found = findings_of({keys.file(), "--page-size", size});
    REQUIRE(found.size() == 2);
    for (const Json& finding : found) {
      CHECK(finding.at("kind") == "spill");
      CHECK(finding.at("confidence") == "modelled"); // nobody asked that kernel
      CHECK(finding.at("exposed_bytes") == 4096);
    }
    CHECK(found[0].at("call").at("addr") == said.at("mapping"));
    CHECK(found[1].at("call").at("addr") == said.at("aligned"));
  }
}

TEST_CASE("other platforms refuse what Linux allows, and count what Linux does not") {
  const Recorded twice({tracer_program(), "demo", "stacked"});
  CHECK(findings_of({twice.file()}).size() == 1);
  CHECK(findings_of({twice.file(), "--platform", "darwin"}).empty()); // one lock is left
  const Recorded spill({tracer_program(), "demo", "spill"});
  const auto lines = lines_of({spill.file(), "--platform", "illumos"});
  CHECK(lines.front().at("platform") == "illumos");
  CHECK(lines.back().at("refused").at("mlock").at("EINVAL") >= 1); // not on a page boundary
}

TEST_CASE("the matrix has all platforms on all page sizes") {
  const Recorded keys({program("neighbours")});
  const auto cells = lines_of({keys.file(), "--matrix"});
  CHECK(cells.size() >= 10 * 4);
  const auto spills = [&](const std::string& platform, int page) {
    for (const Json& cell : cells)
      if (cell.at("platform") == platform && cell.at("page_size") == page)
        return cell.at("findings").at("spill").get<int>();
    return -1;
  };
  CHECK(spills("linux", 4096) == 0);
  CHECK(spills("linux", 16384) == 2);
  CHECK(spills("freebsd", 16384) == 2);
  CHECK(spills("darwin", 16384) == 0); // it counts
  const Outcome table = execute(replaying({keys.file(), "--matrix"}));
  CHECK(table.out.find("pages of 16 KiB") != std::string::npos);
  CHECK(table.out.find("linux, gvisor") != std::string::npos);
}

TEST_CASE("many recordings are judged in one go, in their order") {
  const Recorded spill({tracer_program(), "demo", "spill"});
  const Recorded nested({tracer_program(), "demo", "nested"});
  const Recorded clean({tracer_program(), "demo", "clean"});
  const auto lines = lines_of({spill.file(), nested.file(), clean.file(), spill.file()});
  std::vector<std::string> story;
  for (const Json& line : lines) {
    if (line.at("type") == "start") story.push_back(line.at("recording"));
    if (line.at("type") == "finding") story.push_back(line.at("kind"));
  }
  CHECK(story == std::vector<std::string>{spill.file(), "spill", nested.file(), "nested",
                                          clean.file(), spill.file(), "spill"});
  CHECK(execute(replaying({spill.file(), clean.file(), "--fail-on", "high"})).ending == "exit 99");
  CHECK(execute(replaying({clean.file(), "--fail-on", "low"})).ending == "exit 0");
}

TEST_CASE("filters choose among the processes of a recording as they do while tracing") {
  const Recorded demo(
      {"sh", "-c", tracer_program() + " demo spill; " + program("puppet") + " </dev/null"});
  CHECK(findings_of({demo.file(), "--comm", "mlock*"}).size() == 1);
  CHECK(findings_of({demo.file(), "--not-comm", "mlock*"}).empty());
  const Json pid = findings_of({demo.file()}).at(0).at("pid");
  CHECK(findings_of({demo.file(), "--pid", pid.dump()}).size() == 1);
  CHECK(findings_of({demo.file(), "--not-pid", pid.dump()}).empty());
  CHECK(findings_of({demo.file(), "--uid", "0"}).size() == 1);
  CHECK(findings_of({demo.file(), "--uid", "65534"}).empty());
}

TEST_CASE("a full disk ends the recording, not the tracing") {
  const Folder folder;
  const std::string script =
      "mount -t tmpfs -o size=64k none " + folder.path("") + " && cd " + folder.path("") + " && " +
      tracer_program() + " run --format json --record r.mls -- sh -c '" + program("hammer") +
      " 1 2 own >/dev/null; " + tracer_program() + " demo spill' && echo done && " +
      tracer_program() + " replay --fail-on low r.mls >/dev/null";
  const Outcome full = execute({"unshare", "--mount", "sh", "-c", script});
  INFO(full.err);
  CHECK(full.ending == "exit 99"); // of the replay: nothing was found, and its end is missing
  CHECK(full.out.find("\"spill\"") != std::string::npos);
  CHECK(full.out.find("\"lost\":0") != std::string::npos);
  CHECK(full.out.find("done") != std::string::npos);
  CHECK(full.err.find("No space left") != std::string::npos);
  CHECK(full.err.find("ends before the tracing did") != std::string::npos);
}

TEST_CASE("a disk that is too slow loses nothing but the recording, which goes on behind the gap") {
  const Folder folder;
  // Nobody reads until more was recorded than may wait: 64 MiB, some 20 bytes a call.
  folder.write("command", "calls=0\n"
                          "while [ $calls -lt 5000000 ]; do\n"
                          "  locks=$(" +
                              program("hammer") +
                              " 2 3 processes | sed 's/.*\"mlock\":\\([0-9]*\\).*/\\1/')\n"
                              "  calls=$((calls + 2 * locks))\n"
                              "done\n"
                              "touch read; sleep 3; exec " +
                              tracer_program() + " demo spill\n");
  const std::string script =
      "cd " + folder.path("") +
      "; mkfifo slow; (exec 3<slow; until [ -e read ]; do sleep 0.1; done; cat <&3 >r.mls) & " +
      tracer_program() +
      " run --format json -o live.ndjson --record slow -- sh command; echo \"ended: $?\"; wait";
  const Outcome live = execute({"sh", "-c", script});
  INFO(live.err);
  CHECK(live.out.find("ended: 0") != std::string::npos);
  CHECK(live.err.find("events could not be recorded") != std::string::npos);
  const std::string tracing = read_file(folder.path("live.ndjson"));
  CHECK(tracing.find("\"lost\":0") != std::string::npos);
  const auto lines = lines_of({folder.path("r.mls")});
  const auto lost = std::find_if(lines.begin(), lines.end(),
                                 [](const Json& line) { return line.at("type") == "lost"; });
  REQUIRE(lost != lines.end());
  CHECK(lost->at("cause") == "the disk was too slow for the recording");
  // What comes behind the gap is known as if nothing had been missed.
  CHECK(lines.back().at("divergences") == 0);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const Json& line) {
          return line.at("type") == "finding" && line.at("confidence") == "verified";
        }) == 1);
}

TEST_CASE("a recording that cannot be begun is told before anything is run") {
  for (const char* const place : {"/nowhere/r.mls", "/dev/full"}) {
    const Outcome nowhere =
        execute({tracer_program(), "run", "--record", place, "--", "echo", "ran"});
    CHECK(nowhere.ending == "exit 3");
    CHECK(nowhere.out.find("ran") == std::string::npos);
    CHECK(std::count(nowhere.err.begin(), nowhere.err.end(), '\n') == 1);
  }
}

TEST_CASE("a tracer that is killed leaves what it has recorded") {
  const Folder folder;
  const auto tracer = Tracer::trace({"--record", folder.path("r.mls"), "--comm", "puppet"});
  Puppet puppet;
  puppet.tell("lock 0 64");
  puppet.tell("lock 100 64");
  puppet.tell("unlock 0 64");
  wait_until("the recording to reach the disk",
             [&] { return !findings_of({folder.path("r.mls")}).empty(); });
  tracer->process().kill(SIGKILL);
  tracer->process().wait();
  const Outcome replay =
      execute(replaying({folder.path("r.mls"), "--format", "json", "--fail-on", "low"}));
  CHECK(replay.out.find("\"spill\"") != std::string::npos);
  CHECK(replay.err.find("warning") != std::string::npos); // it did not end in good order
  CHECK(replay.ending == "exit 99");
}

TEST_CASE("what is no recording is refused in one line") {
  const Folder folder;
  const auto refused = [&](const Words& options) {
    const Outcome outcome = execute(replaying(options));
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    CHECK(outcome.out.empty());
    return outcome.ending;
  };
  CHECK(refused({}) == "exit 2");
  CHECK(refused({folder.path("missing")}) == "exit 1");
  CHECK(refused({folder.write("text", "hello\n")}) == "exit 1");
  CHECK(refused({folder.write("empty", "")}) == "exit 1");
  CHECK(refused({"x", "--page-size", "5K"}) == "exit 2");
  CHECK(refused({"x", "--platform", "plan9"}) == "exit 2");
  CHECK(refused({"-", "--matrix"}) == "exit 2");
  CHECK(refused({folder.write("log", "hello\n"), "--from", "strace"}) == "exit 1");
}

TEST_CASE("a damaged recording is judged as far as it is whole") {
  const Recorded demo({tracer_program(), "demo"});
  std::string bytes = read_file(demo.file());
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 1);
  const std::string damaged = demo.folder.write("damaged.mls", bytes);
  const Outcome replay = execute(replaying({damaged, "--format", "json"}));
  CHECK(replay.ending == "exit 1");
  CHECK(replay.err.find(damaged) != std::string::npos);
  CHECK(replay.out.find("\"summary\"") != std::string::npos);
}
