// One program, traced by strace 6.1 with the options that change the form of its lines: whatever
// the form, the findings are the same.
#include "log_reading.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace mlockscope::test;

namespace {

const std::string logs = STRACE_LOGS;

/// The pid of the forked child differs from one run to the next.
Lines without_pid(Lines lines) {
  for (std::string& line : lines)
    if (const auto to = line.find(" to "); to != std::string::npos)
      line.erase(to, line.find(" of ", to) - to);
  return lines;
}

const std::string spill = "spill high modelled [0x10000064,0x10000084) of mlock "
                          "[0x10000064,0x10000084)";
const std::string copies = "fork medium modelled [0x10001000,0x10001064) [0x10002000,0x10002064) "
                           "of mlock [0x10001000,0x10001064), mlock2 [0x10002000,0x10002064)";

void check(const std::string& name, const Lines& expected) {
  const Reading reading = read_file(logs + "/" + name);
  INFO(name);
  CHECK(reading.error == "");
  CHECK(without_pid(reading.told) == expected);
  CHECK(reading.totals.lost == 0);
  CHECK(reading.totals.divergences == 0);
  CHECK(reading.totals.address_spaces == 0);
  CHECK(reading.totals.calls.at(Call::mlock) == 7);
  CHECK(reading.totals.calls.at(Call::munlock) == 3);
  CHECK(reading.origin.all_mappings);
}

} // namespace

TEST_CASE("the form of the lines does not matter") {
  const Lines expected{spill, copies, "closed 1 relocked 32", "lock-failed high verified x1"};
  for (const char* name : {"epoch", "nanoseconds", "time-of-day", "relative", "both-stamps",
                           "names", "raw", "raw-arguments", "verbose", "numbers", "stacks", "quiet",
                           "terminal", "terminal-quiet", "terminal-all"}) {
    check(std::string(name) + ".log", expected);
    CHECK(read_file(logs + "/" + name + ".log").remark == "");
  }
}

TEST_CASE("without time stamps the order is what counts, and forks are not judged") {
  check("no-stamps.log", {spill, "closed 1 relocked 32", "lock-failed high verified x1"});
  CHECK(read_file(logs + "/no-stamps.log").remark ==
        "no time stamps (strace -ttt): times are made up, and forks are not judged");
}

TEST_CASE("a clock of whole seconds cannot tell that a child lived for longer than the grace") {
  const Reading reading = read_file(logs + "/seconds.log");
  CHECK(reading.error == "");
  CHECK(reading.told.front() == spill);
  CHECK(std::count_if(reading.told.begin(), reading.told.end(),
                      [](const std::string& line) { return line.starts_with("fork"); }) == 0);
}

TEST_CASE("of a file for each process, the name has the pid, and children are elsewhere") {
  const Reading reading = read_file(logs + "/one-of-many.13750");
  CHECK(reading.error == "");
  CHECK(reading.told == Lines{spill, "closed 1 relocked 32", "lock-failed high verified x1"});
  for (const CallEvent& call : reading.calls()) CHECK(call.caller.pid == 13750);
  CHECK(reading.calls().size() == 15);
}

TEST_CASE("who made a call is told as the tracer tells it") {
  for (const char* form : {"raw", "verbose"}) {
    const auto calls = read_file(logs + "/" + form + ".log").calls();
    CHECK(std::count_if(calls.begin(), calls.end(), [](const CallEvent& call) {
            return call.caller.comm.view() == "wor\"k\n";
          }) == 1);
  }
  const Reading reading = read_file(logs + "/epoch.log");
  const auto calls = reading.calls();
  const auto thread = std::find_if(calls.begin(), calls.end(), [](const CallEvent& call) {
    return call.call == Call::mlock && call.addr == 0x10001000;
  });
  REQUIRE(thread != calls.end());
  CHECK(thread->caller.comm.view() == "wor\"k\n");
  CHECK(thread->caller.pid == calls.front().caller.pid);
  CHECK(thread->caller.tid != thread->caller.pid);
  const auto seen = reading.others<mlockscope::recording::ProcessSeen>();
  REQUIRE(seen.size() == 3); // the program, its forked child, and what the other child executed
  for (const auto& each : seen) CHECK(each.info.exe == "./v");
  CHECK(reading.origin.backend == "strace");
  CHECK(reading.origin.clock_offset == 0);
  CHECK(reading.origin.page_size == 4096);
  CHECK(reading.origin.began / 1'000'000'000 > 1'700'000'000);
}

TEST_CASE("durations make the end of a call later than its beginning") {
  const auto calls = read_file(logs + "/nanoseconds.log").calls();
  for (const CallEvent& call : calls) CHECK(call.exit > call.enter);
  for (std::size_t n = 1; n < calls.size(); ++n) CHECK(calls[n - 1].exit <= calls[n].exit);
}
