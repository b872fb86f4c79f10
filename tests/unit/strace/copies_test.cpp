// Copies of locked bytes in forked children, of which a log has no list.
#include "log_reading.hpp"
#include "strace/copies.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;
using mlockscope::strace::Copies;

namespace {

const std::string begin =
    "100 1700000000.0 execve(\"/usr/bin/web\", [\"web\"], 0x7ffd /* 9 vars */) = 0\n"
    "100 1700000000.0 mmap(0x7f0000000000, 65536, PROT_READ|PROT_WRITE, "
    "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n"
    "100 1700000000.0 mlock(0x7f0000000000, 32) = 0\n";
const std::string forked =
    "100 1700000001.0 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, "
    "child_tidptr=0x7fd0) = 101\n"
    "101 1700000001.0 close(3) = 0\n";
/// More than the grace time later.
const std::string later = "100 1700000001.2 brk(NULL) = 0x5000\n";
const std::string found = "fork medium modelled [p,p+32) to 101 of mlock [p,p+32)";

/// With stamps of six digits: how many there are tells how exact they are.
std::string exact(std::string text) {
  const std::string second = " 170000000";
  for (std::size_t at = text.find(second); at != std::string::npos;
       at = text.find(second, at + 1)) {
    const std::size_t point = at + second.size() + 1, end = text.find(' ', point);
    text.insert(end, point + 7 - end, '0');
  }
  return text;
}

Reading read(const std::string& before, const std::string& after, const std::string& end = later) {
  const Reading reading = read_log(exact(begin + before + forked + after + end));
  INFO(reading.error << reading.remark);
  CHECK(reading.error == "");
  CHECK(reading.totals.divergences == 0);
  return reading;
}
Lines told(const std::string& before, const std::string& after) { return read(before, after).told; }

} // namespace

TEST_CASE("a child that lives on has copies") {
  CHECK(told("", "") == Lines{found});
  CHECK(
      told("100 1700000000.5 mlock(0x7f0000001000, 1) = 0\n", "101 1700000001.0 brk(NULL) = 0x1\n")
          .size() == 1);
  // Not before its grace time is over.
  CHECK(read("", "", "100 1700000001.1 brk(NULL) = 0x5000\n").told == Lines{});
}

TEST_CASE("a daemon: the parent that locked has ended") {
  CHECK(read("", "100 1700000001.05 +++ exited with 0 +++\n", "101 1700000001.2 brk(NULL) = 0x1\n")
            .told == Lines{"fork high modelled [p,p+32) to 101 of mlock [p,p+32) (owner ended)"});
}

TEST_CASE("a child that executes something or exits in time has none for long") {
  CHECK(told("", "101 1700000001.05 execve(\"/bin/a\", [\"a\"], 0x1 /* 1 var */) = 0\n") ==
        Lines{});
  CHECK(told("", "101 1700000001.05 exit_group(0) = ?\n") == Lines{});
  CHECK(told("", "101 1700000001.05 +++ killed by SIGKILL +++\n") == Lines{});
}

TEST_CASE("an execve that is under way when the grace time is over decides") {
  const std::string begun =
      "101 1700000001.09 execve(\"/bin/a\", [\"a\"], 0x1 /* 1 var */ <unfinished ...>\n";
  CHECK(read("", begun, later + "101 1700000001.21 <... execve resumed>) = 0\n").told == Lines{});
  CHECK(read("", begun,
             later + "101 1700000001.21 <... execve resumed>) = -1 ENOENT (No such file or "
                     "directory)\n100 1700000001.4 brk(NULL) = 0x5000\n")
            .told == Lines{found});
}

TEST_CASE("a call that is under way when the grace time is over is waited for") {
  const std::string begun = "101 1700000001.09 munmap(0x7f0000000000, 4096 <unfinished ...>\n";
  CHECK(read("", begun, later + "101 1700000001.21 <... munmap resumed>) = 0\n").told == Lines{});
  CHECK(read("", begun,
             later + "101 1700000001.21 <... munmap resumed>) = -1 EINVAL (Invalid "
                     "argument)\n")
            .told == Lines{found});
}

TEST_CASE("what the child locks, unmaps or maps over is no copy in danger") {
  CHECK(told("", "101 1700000001.05 mlock(0x7f0000000000, 1) = 0\n") == Lines{});
  CHECK(told("", "101 1700000001.05 munmap(0x7f0000000000, 4096) = 0\n") == Lines{});
  CHECK(told("", "101 1700000001.05 mmap(0x7f0000000000, 4096, PROT_READ, "
                 "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n") == Lines{});
  CHECK(told("", "101 1700000001.05 mlockall(MCL_CURRENT|MCL_FUTURE) = 0\n") == Lines{});
  CHECK(told("", "101 1700000001.05 mlockall(MCL_CURRENT) = 0\n"
                 "101 1700000001.06 munlockall() = 0\n") == Lines{found});
  CHECK(told("", "101 1700000001.05 mlock(0x7f0000000000, 1) = 0\n"
                 "101 1700000001.06 munlock(0x7f0000000000, 1) = 0\n") == Lines{found});
}

TEST_CASE("what madvise keeps from a child is not there") {
  for (const char* advice : {"MADV_DONTFORK", "MADV_WIPEONFORK", "0xa /* MADV_DONTFORK */"})
    CHECK(told("100 1700000000.5 madvise(0x7f0000000000, 4096, " + std::string(advice) + ") = 0\n",
               "") == Lines{});
  CHECK(told("100 1700000000.5 madvise(0x7f0000000000, 4096, MADV_DONTFORK) = 0\n"
             "100 1700000000.5 madvise(0x7f0000000000, 4096, MADV_DOFORK) = 0\n",
             "") == Lines{found});
  CHECK(told("100 1700000000.5 madvise(0x7f0000001000, 4096, MADV_DONTFORK) = 0\n", "") ==
        Lines{found});
  CHECK(told("100 1700000000.5 madvise(0x7f0000000000, 4096, MADV_DONTFORK) = -1 EINVAL (Invalid "
             "argument)\n",
             "") == Lines{found});
}

TEST_CASE("shared memory is not copied") {
  CHECK(told("100 1700000000.5 mmap(0x7f0000000000, 4096, PROT_READ, MAP_SHARED|MAP_FIXED, 3, 0) = "
             "0x7f0000000000\n100 1700000000.5 mlock(0x7f0000000000, 32) = 0\n",
             "") == Lines{});
  const std::string attach = "100 1700000000.5 shmat(1, NULL, 0) = 0x7f0000100000\n"
                             "100 1700000000.5 mlock(0x7f0000100000, 32) = 0\n";
  CHECK(told("100 1700000000.5 shmget(IPC_PRIVATE, 9, 0600) = 1\n" + attach, "") == Lines{found});
  // Of unknown length, it could be anywhere: nothing is said.
  CHECK(told(attach, "") == Lines{});
}

TEST_CASE("grandchildren have copies, too") {
  const Lines lines = told("", "101 1700000001.01 clone(child_stack=NULL, flags=SIGCHLD) = 102\n"
                               "102 1700000001.02 close(3) = 0\n"
                               "101 1700000001.03 +++ exited with 0 +++\n");
  CHECK(lines == Lines{"fork medium modelled [p,p+32) to 102 of mlock [p,p+32)"});
}

TEST_CASE("a child that only sleeps is judged when it shows that it is still there") {
  const std::string silent = begin + "100 1700000001.0 fork() = 101\n" + later;
  CHECK(read_log(exact(silent)).told == Lines{});
  for (const char* line :
       {"101 1700000002.0 exit_group(0) = ?\n", "101 1700000002.0 close(3) = 0\n",
        "101 1700000002.0 --- SIGTERM {si_signo=SIGTERM} ---\n",
        "101 1700000002.0 +++ killed by SIGTERM +++\n"})
    CHECK(read_log(exact(silent + line)).told == Lines{found});
  // Before its time, that says nothing.
  CHECK(read_log(exact(begin +
                       "100 1700000001.0 fork() = 101\n"
                       "101 1700000001.05 +++ killed by SIGTERM +++\n" +
                       later))
            .told == Lines{});
}

TEST_CASE("without -f nobody knows what became of a child") {
  const Reading reading = read_log(exact(begin + "100 1700000001.0 fork() = 101\n" + later +
                                         "100 1700000009.0 +++ exited with 0 +++\n"));
  CHECK(reading.told == Lines{});
  CHECK(reading.totals.address_spaces == 0);
}

TEST_CASE("without calls on mappings nobody knows what is shared") {
  const Reading reading = read_log(
      exact("100 1700000000.0 execve(\"/usr/bin/web\", [\"web\"], 0x7ffd /* 9 vars */) = 0\n"
            "100 1700000000.0 mlock(0x7f0000000000, 32) = 0\n" +
            forked + "100 1700000001.2 mlock(0x7f0000000000, 32) = 0\n"));
  CHECK(reading.told == Lines{});
  CHECK_FALSE(reading.origin.all_mappings);
}

TEST_CASE("the list is of the whole address space, with no gaps") {
  Copies parent;
  parent.advise(10, {0x5000, 0x7000});
  CallEvent map;
  map.call = Call::mmap;
  map.len = 0x2000;
  map.flags = 1; // MAP_SHARED
  map.ret = 0x6000;
  parent.follow(map, PageSize(4096)); // mapped over: forked again
  const Copies child = parent.in_child();
  const auto list = child.mappings(PageSize(4096));
  CHECK(list.front().pages.start == 0);
  CHECK(list.back().pages.end == Address{0} - 4096);
  for (std::size_t n = 1; n < list.size(); ++n) CHECK(list[n].pages.start == list[n - 1].pages.end);
  REQUIRE(list.size() == 4);
  CHECK(list[1].pages == PageRange{0x5000, 0x6000});
  CHECK(list[1].wiped_on_fork);
  CHECK(list[2].pages == PageRange{0x6000, 0x8000});
  CHECK(list[2].shared);
  CHECK_FALSE(list[2].wiped_on_fork);
}
