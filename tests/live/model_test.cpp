// At every moment in which a process stands still, the model has exactly the pages locked that the
// kernel has.
#include "inside.hpp"
#include "support.hpp"

#include "support/catch.hpp"
#include "util/fd.hpp"

#include <algorithm>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <unistd.h>

using namespace mlockscope;
using namespace mlockscope::live;

namespace {

struct Pipe {
  util::Fd read, write;
};

Pipe make_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  return {util::Fd(ends[0]), util::Fd(ends[1])};
}

/// One mixer after the other, all below one shell that is traced from its first instruction. Each
/// stops at its checkpoints: it says so on descriptor 3 and waits for a byte on descriptor 4.
class Mixers {
public:
  Mixers(int seeds, int steps, const std::string& mode)
      : shell_({"sh", "-c",
                "for seed in $(seq " + std::to_string(seeds) + "); do " + program("mixer") +
                    " $seed " + std::to_string(steps) + " 25 " + mode + " || exit 1; done"},
               {{{reports_.write.get(), 3}, {answers_.read.get(), 4}}, true}) {
    reports_.write.reset();
  }
  [[nodiscard]] std::uint32_t pid() const { return static_cast<std::uint32_t>(shell_.pid()); }
  void begin() { shell_.release(); }
  void go_on() { REQUIRE(::write(answers_.write.get(), "x", 1) == 1); }
  std::string wait() { return shell_.wait(); }
  [[nodiscard]] std::string err() const { return shell_.err(); }

  /// The next line of a checkpoint; nothing if there is none yet. Sets `over` after the last.
  std::optional<Json> checkpoint(bool& over) {
    pollfd ready{reports_.read.get(), POLLIN, 0};
    if (text_.find('\n') == std::string::npos && ::poll(&ready, 1, 2) == 1) {
      char buffer[4096];
      const auto got = ::read(reports_.read.get(), buffer, sizeof buffer);
      over = got <= 0;
      if (got > 0) text_.append(buffer, static_cast<std::size_t>(got));
    }
    const auto end = text_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    const Json line = Json::parse(text_.substr(0, end));
    text_.erase(0, end + 1);
    return line;
  }

private:
  Pipe reports_ = make_pipe(), answers_ = make_pipe();
  Program shell_;
  std::string text_;
};

/// What the kernel's word did not reach is read again from its list: that may take a moment.
std::string settled_difference(Inside& inside, std::uint32_t pid) {
  std::string difference;
  for (int tries = 0; tries < 600; ++tries) {
    inside.turn();
    difference = inside.difference(pid);
    if (difference.empty()) break;
    ::usleep(5000);
  }
  return difference;
}

/// Compares at every checkpoint; returns how many there were.
int compare(Inside& inside, Mixers& mixers) {
  int checkpoints = 0;
  for (bool over = false; !over;) {
    inside.turn();
    const auto line = mixers.checkpoint(over);
    if (!line) continue;
    ++checkpoints;
    const std::string difference = settled_difference(inside, line->at("pid"));
    INFO("checkpoint " << checkpoints << ": " << line->dump());
    REQUIRE(difference == "");
    mixers.go_on();
  }
  return checkpoints;
}

void check(int seeds, int steps, const std::string& mode) {
  need_root();
  Mixers mixers(seeds, steps, mode);
  capture::Filters filters;
  filters.family = mixers.pid();
  Inside inside(filters);
  mixers.begin();
  const int checkpoints = compare(inside, mixers);
  CHECK(mixers.wait() == "exit 0");
  inside.finish();
  INFO(checkpoints << " checkpoints, " << inside.totals().events << " events\n" << mixers.err());
  CHECK(checkpoints >= seeds * steps / 25);
  CHECK(inside.totals().lost == 0);
  CHECK(inside.totals().divergences == 0);
}

} // namespace

TEST_CASE("the model equals smaps at every checkpoint of a walk in a fixed order") {
  check(200, 500, "serial");
}

TEST_CASE("the model equals smaps at every checkpoint of threads that race") {
  check(100, 500, "race");
}

TEST_CASE("of locks older than the tracer, the model has every page") {
  need_root();
  Puppet puppet("elder");
  puppet.tell("lock 100 32");
  puppet.tell("lock 200 32");
  puppet.tell("lock 20000 30000");
  const auto pid = static_cast<std::uint32_t>(puppet.pid());
  capture::Filters filters;
  filters.pids = {pid};
  Inside inside(filters, 8u << 20, true);
  inside.turn();
  CHECK(inside.difference(pid) == "");
  puppet.tell("unlock 100 32");
  puppet.tell("lock 60000 32");
  inside.turn();
  CHECK(inside.difference(pid) == "");
  REQUIRE(inside.notes().findings.size() == 1);
  CHECK(inside.notes().findings[0].kind == model::Kind::spill);
  CHECK(inside.notes().findings[0].confidence == model::Confidence::possible);
  inside.finish();
  CHECK(inside.totals().divergences == 0);
}

TEST_CASE(
    "locks are compared with the kernel's list also when the one who made the first is gone") {
  need_root();
  Puppet puppet("parent");
  puppet.tell("lock 20000 100");
  const auto pid = static_cast<std::uint32_t>(puppet.pid());
  Inside inside({});
  puppet.tell("vfork 100 32");
  puppet.tell("unlock 40960 32");
  wait_until("page that was locked before in the model", [&] {
    inside.turn();
    return inside.difference(pid).empty();
  });
  inside.finish();
}

TEST_CASE("after a ring too small has overflowed, the model comes back to what smaps says") {
  need_root();
  Puppet puppet("flood");
  const auto pid = static_cast<std::uint32_t>(puppet.pid());
  capture::Filters filters;
  filters.pids = {pid};
  Inside inside(filters, 64u << 10);
  for (int turn = 0; turn < 3; ++turn) {
    // Nobody reads meanwhile, so what does not fit is lost.
    puppet.tell("storm 2000 5");
    puppet.tell("walk 3 200");
    puppet.tell("lock 8192 5000");
    wait_until("model of the kernel's opinion", [&] {
      inside.turn();
      return inside.difference(pid).empty();
    });
    const auto findings = inside.notes().findings.size();
    puppet.tell("lock 40960 32"); // a fresh pair of claims is judged as ever
    puppet.tell("lock 41160 32");
    puppet.tell("unlock 40960 32");
    inside.turn();
    CHECK(inside.difference(pid) == "");
    const auto& all = inside.notes().findings;
    CHECK(std::count_if(all.begin() + static_cast<std::ptrdiff_t>(findings), all.end(),
                        [](const model::Finding& finding) {
                          return finding.kind == model::Kind::spill &&
                                 finding.confidence == model::Confidence::verified;
                        }) == 1);
    puppet.tell("unlockall");
  }
  inside.finish();
  CHECK(inside.totals().lost > 0);
}
