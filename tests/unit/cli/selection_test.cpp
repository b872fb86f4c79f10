// The filters of a replay have the meaning of those in the probes.
#include "support/catch.hpp"
#include "tape.hpp"

using namespace mlockscope;
using namespace mlockscope::cli;

namespace {

Selection selection(const ProcessOptions& options) {
  auto selection = Selection::of(options);
  REQUIRE(selection.ok());
  return selection.take();
}

std::size_t findings(Tape& tape, const ProcessOptions& options) {
  return Played(tape, selection(options)).heard.findings.size();
}

} // namespace

TEST_CASE("names are those of processes, not of the threads that call") {
  const auto named = [](Tape& tape) -> Tape& {
    model::ProcessInfo info;
    info.comm = "server";
    return tape.put(recording::ProcessSeen{model::SpaceId{1}, 1, info}).spill(1, "worker");
  };
  Tape one, two, three;
  CHECK(findings(named(one), {.comms = {"serv*"}}) == 1);
  CHECK(findings(named(two), {.comms = {"worker"}}) == 0);
  CHECK(findings(named(three), {.not_comms = {"server"}}) == 0);
}

TEST_CASE("where the name of a process is not known, the caller's is taken") {
  Tape tape;
  CHECK(findings(tape.spill(1, "demo"), {.comms = {"demo"}}) == 1);
}

TEST_CASE("alike are or-ed, unlike are and-ed") {
  const auto count = [](const ProcessOptions& options) {
    Tape tape;
    return findings(tape.spill(1, "a", 0).spill(2, "b", 7).spill(3, "c", 7), options);
  };
  CHECK(count({.pids = {1, 2}}) == 2);
  CHECK(count({.comms = {"a", "b"}}) == 2);
  CHECK(count({.comms = {"a", "b"}, .uids = {"7"}}) == 1);
  CHECK(count({.not_pids = {1}}) == 2);
  CHECK(count({.pids = {1}, .not_pids = {1}}) == 0);
}

TEST_CASE("a user that a log does not know is nobody") {
  Tape tape;
  CHECK(findings(tape.spill(1, "demo", model::Caller::unknown_uid), {.uids = {"0"}}) == 0);
}

TEST_CASE("cgroups are told by their paths, and take in what is below them") {
  const auto count = [](const char* wanted) {
    Tape tape;
    model::ProcessInfo info;
    info.cgroup = "/system.slice/web.service";
    tape.put(recording::ProcessSeen{model::SpaceId{1}, 1, info}).spill(1);
    return findings(tape, {.cgroups = {wanted}});
  };
  CHECK(count("/system.slice") == 1);
  CHECK(count("/sys/fs/cgroup/system.slice/web.service/") == 1);
  CHECK(count("system.slice/web.service") == 1);
  CHECK(count("/system.slice/web") == 0);
  CHECK(count("/sys/fs/cgroup2/system.slice") == 0);
}

TEST_CASE("losses are told whoever is looked at") {
  Tape tape;
  tape.put(model::Event(
      model::LostEvent{.count = 3, .time = 1, .cause = "x", .space = model::SpaceId{9}}));
  const Played played(tape, selection({.pids = {1}}));
  REQUIRE(played.heard.losses.size() == 1);
  CHECK(played.player.correlator().totals().lost == 3);
}

TEST_CASE("what cannot be a filter is refused") {
  CHECK_FALSE(Selection::of({.comms = {"[a-"}}).ok());
  CHECK_FALSE(Selection::of({.uids = {"no such user"}}).ok());
}
