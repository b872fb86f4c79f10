#include "procfs/process.hpp"

#include "fake_proc.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlockscope::procfs;
using Pids = std::vector<std::uint32_t>;

TEST_CASE("the program's path is given as the kernel says it") {
  const FakeProc fake;
  fake.link(7, "exe", "/opt/a b (deleted)");
  fake.file(8, "comm", "x\n");
  const Proc proc(fake.root());
  CHECK(proc.exe(7) == "/opt/a b (deleted)");
  CHECK_FALSE(proc.exe(8)); // a kernel thread has none
  CHECK_FALSE(proc.exe(9)); // no such process
}

TEST_CASE("a process name may hold a newline of its own") {
  const FakeProc fake;
  fake.file(7, "comm", "two\nlines\n");
  fake.file(8, "comm", "");
  const Proc proc(fake.root());
  CHECK(proc.comm(7) == "two\nlines");
  CHECK(proc.comm(8) == "");
  CHECK_FALSE(proc.comm(9));
}

TEST_CASE("descendants are found over generations, and only they") {
  const FakeProc fake;
  fake.process(1, 0);
  fake.process(10, 1);
  fake.process(20, 10, "a) S 1 (b"); // a name that looks like the fields after it
  fake.process(21, 10, "new\nline");
  fake.process(30, 20);
  fake.process(40, 1);
  fake.file(50, "stat", "50 (broken");
  fake.file(51, "stat", "");
  auto found = Proc(fake.root()).descendants(10);
  REQUIRE(found.size() == 3);
  CHECK(found.back() == 30); // nearest first
  std::sort(found.begin(), found.end());
  CHECK(found == Pids{20, 21, 30});
  CHECK(Proc(fake.root()).descendants(40).empty());
}

TEST_CASE("parents in a circle, which a reused pid can make, come to an end") {
  const FakeProc fake;
  fake.process(10, 11);
  fake.process(11, 10);
  CHECK(Proc(fake.root()).descendants(10) == Pids{11});
}

TEST_CASE("a proc that is not there has no processes") {
  const Proc proc("/nonexistent");
  CHECK(proc.descendants(1).empty());
  CHECK_FALSE(proc.cgroup(1));
}

TEST_CASE("the cgroup is that of v2, unless only v1 knows one") {
  CHECK(cgroup_of("0::/user.slice\n") == "/user.slice");
  CHECK(cgroup_of("4:memory:/a/longer/path\n0::/v2\n") == "/v2");
  CHECK(cgroup_of("4:memory:/docker/abc\n1:name=systemd:/\n0::/\n") == "/docker/abc");
  CHECK(cgroup_of("2:cpu,cpuacct:/a\n1:name=systemd:/a/b:c\n") == "/a/b:c");
  CHECK(cgroup_of("1:cpu:/\n0::/\n") == "/");
  CHECK(cgroup_of("0::/gone (deleted)") == "/gone (deleted)");
  CHECK_FALSE(cgroup_of(""));
  CHECK_FALSE(cgroup_of("nonsense\n\n:\n"));
}

TEST_CASE("the cgroup of a process comes from its file") {
  const FakeProc fake;
  fake.file(7, "cgroup", "0::/system.slice/ssh.service\n");
  CHECK(Proc(fake.root()).cgroup(7) == "/system.slice/ssh.service");
}

TEST_CASE("this process is described by the real proc") {
  const Proc proc;
  const auto self = static_cast<std::uint32_t>(::getpid());
  REQUIRE(proc.exe(self));
  CHECK(proc.exe(self)->front() == '/');
  CHECK_FALSE(proc.comm(self).value_or("").empty());
  CHECK(proc.cgroup(self));
}

TEST_CASE("a forked child is a descendant of this process") {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  REQUIRE(child > 0);
  const auto found = Proc().descendants(static_cast<std::uint32_t>(::getpid()));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(std::count(found.begin(), found.end(), static_cast<std::uint32_t>(child)) == 1);
}
