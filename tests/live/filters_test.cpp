// The filters: of processes that all do the same, the right ones are seen.
#include "support.hpp"

#include "support/catch.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

/// A cgroup v2 of our own below the mounted root.
class Cgroup {
public:
  Cgroup() : path_(mount() + "/" + name()) { std::filesystem::create_directory(path_); }
  ~Cgroup() {
    for (int tries = 0; tries < 200 && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++tries)
      ::usleep(5000); // its last process is on its way out
  }
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  void take(pid_t pid) const { std::ofstream(path_ + "/cgroup.procs") << pid << std::flush; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] static std::string name() {
    return "mlockscope-live-" + std::to_string(::getpid());
  }

private:
  static std::string mount() {
    std::ifstream mounts("/proc/self/mounts");
    for (std::string line, device, place, type; std::getline(mounts, line);) {
      std::istringstream(line) >> device >> place >> type;
      if (type == "cgroup2") return place;
    }
    FAIL("no cgroup v2 is mounted: mount -t cgroup2 none FOLDER");
    return {};
  }
  std::string path_;
};

/// Processes of which each has something that no other has.
struct Stage {
  Cgroup cgroup;
  Puppet alice{"alice"}, alba{"alba"}, bob{"bob"}, nobody{"nobody", {"65534"}}, grouped{"grouped"};

  Stage() { cgroup.take(grouped.pid()); }
  /// Each locks and unlocks once, by itself and in a child.
  void act() {
    for (Puppet* each : {&alice, &alba, &bob, &nobody, &grouped}) {
      each->tell("lock 100 32");
      each->tell("fork 200 32");
      each->tell("unlock 100 32");
    }
  }
  [[nodiscard]] std::string pid_of(const Puppet& puppet) const {
    return std::to_string(puppet.pid());
  }
};

/// Who was seen: names, with "+child" if calls of a child were.
std::set<std::string> seen(const Trace& trace, const Stage& stage) {
  std::set<std::string> names;
  for (const Json& call : trace.of("call")) {
    std::string name = call.at("comm");
    bool own = false;
    for (const Puppet* each :
         {&stage.alice, &stage.alba, &stage.bob, &stage.nobody, &stage.grouped})
      own = own || each->pid() == call.at("pid").get<pid_t>();
    names.insert(own ? name : name + "+child");
  }
  return names;
}

struct Expectation {
  Words options;
  std::set<std::string> names;
};

/// All of them trace at the same time.
void check(Stage& stage, const std::vector<Expectation>& expectations) {
  std::vector<std::unique_ptr<Tracer>> tracers;
  for (const auto& each : expectations) {
    Words options{"--calls"};
    options.insert(options.end(), each.options.begin(), each.options.end());
    tracers.push_back(Tracer::trace(options));
  }
  stage.act();
  for (const auto& tracer : tracers) tracer->process().kill(SIGINT);
  for (std::size_t i = 0; i < tracers.size(); ++i) {
    std::string options;
    for (const auto& word : expectations[i].options) options += " " + word;
    const Trace trace = tracers[i]->finish();
    INFO("mlockscope trace" << options << "\n" << trace.err);
    REQUIRE(trace.ending == "exit 0");
    require_complete(trace);
    CHECK(seen(trace, stage) == expectations[i].names);
  }
}

} // namespace

TEST_CASE("a filter of one sort lets just its processes through") {
  need_root();
  Stage stage;
  // A child has its parent's name, user and cgroup, and a pid of its own.
  check(stage, {
                   {{"--pid", stage.pid_of(stage.alice)}, {"alice"}},
                   {{"--comm", "al*"}, {"alice", "alice+child", "alba", "alba+child"}},
                   {{"--comm", "[b-c]?b"}, {"bob", "bob+child"}},
                   {{"--uid", "65534", "--comm", "nobody"}, {"nobody", "nobody+child"}},
                   {{"--cgroup", stage.cgroup.path()}, {"grouped", "grouped+child"}},
                   {{"--cgroup", Cgroup::name()}, {"grouped", "grouped+child"}},
               });
}

TEST_CASE("filters combine: alike are or-ed, unlike are and-ed, and --not- takes out") {
  need_root();
  Stage stage;
  const std::string alice = stage.pid_of(stage.alice), alba = stage.pid_of(stage.alba);
  check(stage, {
                   {{"--pid", alice, "--pid", stage.pid_of(stage.bob)}, {"alice", "bob"}},
                   {{"--comm", "alice", "--comm", "bob", "--uid", "root", "--not-pid", alice},
                    {"alice+child", "bob", "bob+child"}},
                   {{"--comm", "al*", "--not-comm", "*ba"}, {"alice", "alice+child"}},
                   {{"--pid", alice + "," + alba, "--comm", "alba"}, {"alba"}},
                   {{"--pid", alice, "--uid", "65534"}, {}},
                   {{"--pid", alice, "--follow"}, {"alice", "alice+child"}},
                   {{"--cgroup", stage.cgroup.path(), "--uid", "65534"}, {}},
               });
}

TEST_CASE("--follow takes in the children that were there before the tracer") {
  need_root();
  Program shell({"sh", "-c", program("puppet") + " inherited; exit 0"});
  shell.line(1); // the puppet's
  const auto tracer = Tracer::trace({"--calls", "--pid", std::to_string(shell.pid()), "--follow"});
  shell.say("lock 0 32\n");
  shell.line(2);
  const Trace trace = tracer->stop();
  require_complete(trace);
  const auto calls = trace.of("call");
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].at("comm") == "inherited");
}
