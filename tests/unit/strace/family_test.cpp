// Who shares memory with whom: threads, fork, vfork, exec, and pids that are used again.
#include "log_reading.hpp"
#include "support/catch.hpp"

#include <set>

using namespace mlockscope::test;
using mlockscope::recording::ProcessSeen;

namespace {

const std::string exec = "100 1700000000.000001 execve(\"/usr/bin/web\", [\"web\"], 0x7ffd /* 9 "
                         "vars */) = 0\n";
const std::string thread_flags =
    "flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM, "
    "child_tid=0x7f01, parent_tid=0x7f01, exit_signal=0, stack=0x7f00, stack_size=0x7fff80, "
    "tls=0x7f01";

std::string lock(int tid, int at) {
  return std::to_string(tid) + " 1700000000.5 mlock(0x" + std::to_string(at) + "000, 32) = 0\n";
}

std::set<SpaceId> spaces(const Reading& reading) {
  std::set<SpaceId> all;
  for (const CallEvent& call : reading.calls()) all.insert(call.space);
  return all;
}

/// Nothing went wrong.
const Reading& sound(const Reading& reading) {
  INFO(reading.error << reading.remark);
  CHECK(reading.error == "");
  CHECK(reading.remark == "");
  CHECK(reading.totals.lost == 0);
  return reading;
}

} // namespace

TEST_CASE("threads share an address space and the pid of their process") {
  const Reading reading =
      sound(read_log(exec + "100 1700000000.1 clone3({" + thread_flags +
                     "} => {parent_tid=[101]}, 88) = 101\n" + lock(101, 1) +
                     "100 1700000000.6 clone(child_stack=0x7f00, flags=CLONE_VM|CLONE_THREAD, "
                     "parent_tid=[102], tls=0x7f01, child_tidptr=0x7f02) = 102\n" +
                     lock(102, 2) + lock(100, 3) + "102 1700000000.8 +++ exited with 0 +++\n"));
  CHECK(spaces(reading).size() == 1);
  const auto calls = reading.calls();
  REQUIRE(calls.size() == 3);
  for (const CallEvent& call : calls) CHECK(call.caller.pid == 100);
  CHECK(calls[0].caller.tid == 101);
  CHECK(calls[1].caller.tid == 102);
  CHECK(reading.events<EndEvent>().empty());
}

TEST_CASE("a thread whose first call is printed before the clone that made it has ended") {
  const Reading reading = sound(read_log(
      exec + "100 1700000000.1 clone3({" + thread_flags + "} <unfinished ...>\n" + lock(101, 1) +
      "100 1700000000.6 <... clone3 resumed> => {parent_tid=[101]}, 88) = "
      "101\n" +
      lock(100, 2)));
  CHECK(spaces(reading).size() == 1);
  CHECK(reading.calls().at(0).caller.pid == 100);
}

TEST_CASE("two clones under way: which child is whose is told by the lines to come") {
  const Reading reading = sound(
      read_log(exec + "200 1700000000.0 execve(\"/bin/other\", [\"o\"], 0x1 /* 0 vars */) = 0\n" +
               lock(100, 1) + lock(200, 1) + "100 1700000000.1 clone3({" + thread_flags +
               "} <unfinished ...>\n200 1700000000.1 clone(child_stack=NULL, "
               "flags=CLONE_CHILD_CLEARTID|SIGCHLD <unfinished ...>\n" +
               lock(301, 2) + lock(302, 3) +
               "200 1700000000.6 <... clone resumed>, child_tidptr=0x7f) = 301\n"
               "100 1700000000.6 <... clone3 resumed> => {parent_tid=[302]}, 88) = 302\n"));
  const auto calls = reading.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[3].space == calls[0].space); // 302, a thread of 100
  CHECK(calls[2].space != calls[1].space); // 301, forked by 200
  REQUIRE(reading.events<ForkEvent>().size() == 1);
  CHECK(reading.events<ForkEvent>()[0].parent == calls[1].space);
  CHECK(reading.events<ForkEvent>()[0].child == calls[2].space);
  CHECK(reading.events<ForkEvent>()[0].child_pid == 301);
}

TEST_CASE("fork makes an address space of its own, in which nothing is locked") {
  const Reading reading =
      sound(read_log(exec + lock(100, 1) +
                     "100 1700000000.6 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, "
                     "child_tidptr=0x7fd0) = 101\n" +
                     lock(101, 1) + "101 1700000000.61 +++ exited with 3 +++\n" + lock(100, 2)));
  CHECK(spaces(reading).size() == 2);
  CHECK(reading.calls().at(1).born_clean);
  REQUIRE(reading.events<EndEvent>().size() == 1);
  CHECK(reading.events<EndEvent>()[0].space == reading.calls().at(1).space);
  const auto seen = reading.others<ProcessSeen>();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].pid == 101);
  CHECK(seen[1].info.exe == "/usr/bin/web");
}

TEST_CASE("a vfork child uses its parent's memory until it executes something") {
  const Reading reading = sound(
      read_log(exec + lock(100, 1) + "100 1700000000.5 vfork( <unfinished ...>\n" + lock(101, 2) +
               "101 1700000000.5 execve(\"/bin/true\", [\"true\"], 0x1 /* 1 var */ <unfinished "
               "...>\n100 1700000000.5 <... vfork resumed>) = 101\n"
               "101 1700000000.5 <... execve resumed>) = 0\n" +
               lock(101, 3) + lock(100, 4)));
  const auto calls = reading.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[1].space == calls[0].space);
  CHECK(calls[1].caller.pid == 101);
  CHECK(calls[2].space != calls[0].space);
  CHECK(calls[2].caller.comm.view() == "true");
  CHECK(calls[3].space == calls[0].space);
  CHECK(reading.events<ForkEvent>().empty());
  CHECK(reading.events<EndEvent>().empty());
}

TEST_CASE("a vfork child that exits leaves its parent's memory as it is") {
  const Reading reading = sound(
      read_log(exec + lock(100, 1) + "100 1700000000.5 vfork( <unfinished ...>\n" + lock(101, 2) +
               "101 1700000000.5 exit_group(0) = ?\n"
               "101 1700000000.5 +++ exited with 0 +++\n"
               "100 1700000000.5 <... vfork resumed>) = 101\n" +
               lock(100, 3)));
  CHECK(spaces(reading).size() == 1);
  CHECK(reading.events<EndEvent>().empty());
}

TEST_CASE("execve ends an address space and begins one; if it fails, nothing ends") {
  const Reading reading = sound(read_log(
      exec + lock(100, 1) +
      "100 1700000000.6 execve(\"/no\", [\"no\"], 0x1 /* 1 var */) = -1 ENOENT (No such "
      "file or directory)\n" +
      lock(100, 2) +
      "100 1700000000.7 execve(\"/opt/a\\303\\244\\\"\\n/a rather long name\", [\"x\"], 0x1 "
      "/* 1 var */) = 0\n" +
      lock(100, 3)));
  CHECK(spaces(reading).size() == 2);
  REQUIRE(reading.events<EndEvent>().size() == 1);
  const auto calls = reading.calls();
  CHECK(reading.events<EndEvent>()[0].space == calls.at(1).space);
  CHECK(calls.at(2).born_clean);
  CHECK(calls.at(2).caller.comm.view() == "a rather long n");
  CHECK(reading.others<ProcessSeen>().at(1).info.exe == "/opt/a\303\244\"\n/a rather long name");
}

TEST_CASE("a thread that executes something goes on with the pid of its process") {
  // As strace 6.1 printed it.
  const Reading reading = sound(read_log(
      exec + lock(100, 1) + "100 1700000000.5 clone3({" + thread_flags +
      "} => {parent_tid=[101]}, 88) = 101\n100 1700000000.5 pause( <unfinished ...>\n" +
      lock(101, 2) +
      "101 1700000000.5 execve(\"./e\", [\"e\", \"x\"], 0x7ffc /* 37 vars */ <unfinished ...>\n"
      "100 1700000000.5 <... pause resumed>) = ?\n"
      "100 1700000000.5 +++ superseded by execve in pid 101 +++\n"
      "100 1700000000.5 <... execve resumed>) = 0\n" +
      lock(100, 3) +
      "100 1700000000.9 exit_group(0) = ?\n100 1700000000.9 +++ exited with 0 +++\n"));
  CHECK(spaces(reading).size() == 2);
  CHECK(reading.calls().at(2).caller.comm.view() == "e");
  CHECK(reading.calls().at(2).caller.pid == 100);
  CHECK(reading.events<EndEvent>().size() == 2);
}

TEST_CASE("the last task ends an address space, not the first") {
  const Reading reading =
      sound(read_log(exec + lock(100, 1) + "100 1700000000.5 clone3({" + thread_flags +
                     "} => {parent_tid=[101]}, 88) = 101\n100 1700000000.6 exit(0) = ?\n"
                     "100 1700000000.6 +++ exited with 0 +++\n" +
                     lock(101, 2) + "101 1700000000.7 +++ killed by SIGKILL +++\n"));
  CHECK(spaces(reading).size() == 1);
  REQUIRE(reading.events<EndEvent>().size() == 1);
  CHECK(std::holds_alternative<EndEvent>(
      std::get<mlockscope::model::Event>(reading.entries.at(reading.entries.size() - 2))));
}

TEST_CASE("a pid that is used again is another process") {
  const Reading reading =
      sound(read_log(lock(100, 1) + "100 1700000000.5 +++ exited with 0 +++\n" + lock(100, 1)));
  CHECK(spaces(reading).size() == 2);
  CHECK(reading.events<EndEvent>().size() == 1);
}

TEST_CASE("what was there before the log is not known to be clean") {
  const Reading reading = sound(read_log(lock(100, 1) + lock(200, 1)));
  CHECK(spaces(reading).size() == 2);
  for (const CallEvent& call : reading.calls()) CHECK_FALSE(call.born_clean);
  for (const ProcessSeen& seen : reading.others<ProcessSeen>()) CHECK_FALSE(seen.info.exe);
}

TEST_CASE("calls of one address space overlap if both were under way") {
  const Reading reading =
      sound(read_log(exec + "100 1700000000.1 clone3({" + thread_flags +
                     "} => {parent_tid=[101]}, 88) = 101\n"
                     "100 1700000000.2 mlock(0x1000, 32 <unfinished ...>\n" +
                     lock(101, 2) + "100 1700000000.6 <... mlock resumed>) = 0\n" + lock(101, 3) +
                     "100 1700000000.6 wait4(-1,  <unfinished ...>\n" + lock(101, 4)));
  const auto calls = reading.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].overlapped);
  CHECK(calls[1].overlapped);
  CHECK_FALSE(calls[2].overlapped);
  CHECK_FALSE(calls[3].overlapped);
}

TEST_CASE("a name given by prctl is the thread's alone") {
  const Reading reading =
      sound(read_log(exec + "100 1700000000.1 clone3({" + thread_flags +
                     "} => {parent_tid=[101]}, 88) = 101\n"
                     "101 1700000000.2 prctl(PR_SET_NAME, \"a/b\\t\"...) = 0\n" +
                     lock(101, 1) + lock(100, 2)));
  CHECK(reading.calls().at(0).caller.comm.view() == "a/b\t");
  CHECK(reading.calls().at(1).caller.comm.view() == "web");
}

TEST_CASE("a terminal leaves the pid out while there is one task only") {
  const Reading reading = sound(read_log(
      "1700000000.0 execve(\"./e\", [\"./e\"], 0x1 /* 1 var */) = 0\n"
      "1700000000.1 mlock(0x1000, 10) = 0\n"
      "1700000000.2 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process "
      "101 attached\n, child_tidptr=0x7fa1) = 101\n"
      "[pid   101] 1700000000.3 mlock(0x2000, 3) = 0\n"
      "[pid   100] 1700000000.3 mlock(0x3000, 3) = 0\n"
      "[pid   101] 1700000000.3 +++ exited with 0 +++\n"
      "1700000000.3 --- SIGCHLD {si_signo=SIGCHLD, si_pid=101} ---\n"
      "1700000000.3 mlock(0x4000, 3) = 0\n"
      "1700000000.4 +++ exited with 0 +++\n"));
  const auto calls = reading.calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[1].space != calls[0].space);
  CHECK(calls[2].space == calls[0].space);
  CHECK(calls[3].space == calls[0].space);
  CHECK(calls[3].caller.pid == 100);
  CHECK(reading.events<EndEvent>().size() == 2);
}
