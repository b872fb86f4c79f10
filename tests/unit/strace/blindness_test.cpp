// What cannot be read is counted, named, and makes nothing surer than it may be.
#include "log_reading.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

namespace {

const std::string exec =
    "100 1700000000.0 execve(\"/usr/bin/web\", [\"web\"], 0x7ffd /* 9 vars */) "
    "= 0\n";
const std::string locks = "100 1700000000.1 mlock(0x7f0000000000, 32) = 0\n"
                          "100 1700000000.1 mlock(0x7f0000000064, 32) = 0\n";
const std::string unlock = "100 1700000000.3 munlock(0x7f0000000000, 32) = 0\n";

const std::string lost = "1 call could not be read and counts as lost (line 4)";

} // namespace

TEST_CASE("a damaged lock call is a lost event of its address space") {
  for (const char* call :
       {"munlock(0x7f00000000", "munlock(0x7f0000000000, 32) = ", "munlock(0x7f0000000000) = 0",
        "munlock(0x7f0000000000, 32) = 0x", "munlock(zero, 32) = 0",
        "munlock(0x7f0000000000, 99999999999999999999) = 0", "munlock(0x10000000000000000, 1) = 0",
        "munlock(0x7f0000000000, 32) = -1 EWHAT (?)", "munlock(0x7f0000000000, 32) = -1",
        "mmap(NULL, 4096, PROT_READ) = 0x1000", "mremap(0x1000, 1, 1, MREMAP_FIXED) = 0x1000",
        "mlockall(|) = 0"}) {
    const Reading reading = read_log(exec + locks + "100 1700000000.2 " + call + "\n" + unlock);
    INFO(call << ": " << reading.error);
    CHECK(reading.remark == lost);
    CHECK(reading.told == Lines{"lost 1"}); // the spill is not known any more
    const auto losses = reading.events<LostEvent>();
    REQUIRE(losses.size() == 1);
    CHECK(losses[0].space == reading.calls().at(0).space);
    CHECK(losses[0].cause == "line 4 of the log could not be read");
  }
}

TEST_CASE("a damaged line of one process leaves the others alone") {
  const Reading reading = read_log(exec + locks + "200 1700000000.2 munlock(0x7f\n" + unlock);
  CHECK(reading.remark == lost);
  CHECK(reading.totals.findings.at(Kind::spill) == 1);
}

TEST_CASE("a line that names a lock call and no process puts all in doubt") {
  const Reading reading = read_log(
      exec + locks + "hello, worl100 1700000000.2 munlock(0x7f0000000000, 32) = 0\n" + unlock);
  CHECK(reading.remark == lost);
  CHECK(reading.told == Lines{"lost 1"});
  CHECK_FALSE(reading.events<LostEvent>().at(0).space);
}

TEST_CASE("an end without a beginning, and a beginning without an end, are lost calls") {
  Reading reading =
      read_log(exec + locks + "100 1700000000.2 <... munlock resumed>) = 0\n" + unlock);
  CHECK(reading.remark == lost);
  CHECK(reading.told == Lines{"lost 1"});
  reading = read_log(exec + locks +
                     "100 1700000000.2 munlock(0x7f0000000000, 1 <unfinished ...>\n" + unlock);
  CHECK(reading.remark == lost);
  CHECK(reading.told == Lines{"lost 1"});
}

TEST_CASE("a process that is killed in a call leaves no doubt, unless its memory lives on") {
  const std::string killed = "100 1700000000.2 munlock(0x7f0000000000, 1) = ?\n"
                             "100 1700000000.2 +++ killed by SIGKILL +++\n";
  Reading reading = read_log(exec + locks + killed);
  CHECK(reading.told == Lines{});
  CHECK(reading.remark == "");
  const std::string thread = "100 1700000000.0 clone(child_stack=0x1, flags=CLONE_VM|SIGCHLD) = "
                             "101\n";
  reading = read_log(exec + thread + locks + killed +
                     "101 1700000000.3 munlock(0x7f0000000000, 32) = 0\n");
  CHECK(reading.told == Lines{"lost 1"});
  CHECK(reading.events<LostEvent>().at(0).cause == "the end of a call is not in the log");
}

TEST_CASE("a log that was cut off says where") {
  const Reading reading = read_log(exec + locks + unlock + "100 1700000000.4 munlo");
  CHECK(reading.remark == "ends in the middle of line 5");
  CHECK(reading.totals.lost == 0);
  CHECK(reading.totals.findings.at(Kind::spill) == 1);
  // Whole but for the line end.
  const Reading whole = read_log(exec + locks + unlock.substr(0, unlock.size() - 1));
  CHECK(whole.totals.findings.at(Kind::spill) == 1);
}

TEST_CASE("lines of the program between those of strace are passed over and counted") {
  const Reading reading = read_log(exec + locks + "hello, world\n\n  = 0\n" + unlock);
  CHECK(reading.remark == "2 lines are not strace's (first: line 4)");
  CHECK(reading.totals.findings.at(Kind::spill) == 1);
}

TEST_CASE("clone3 without its flags is not guessed at") {
  const Reading reading = read_log(exec + locks + "100 1700000000.2 clone3(0x7ffe, 0x58) = 101\n");
  CHECK(reading.remark == lost);
}

TEST_CASE("after a loss a child is not judged") {
  const Reading reading = read_log(
      exec + "100 1700000000.0 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, -1, 0) = 0x7f0000000000\n" +
      locks +
      "100 1700000001.0 fork() = 101\n101 1700000001.0 mlock(0x1000\n"
      "100 1700000001.5 brk(NULL) = 0x1000\n");
  CHECK(reading.told == Lines{"lost 1"});
  CHECK(reading.events<SnapshotEvent>().empty());
}

TEST_CASE("what is no log of these calls is refused, and what to run is said") {
  for (const std::string& text :
       {std::string(), std::string("hello\n"), std::string(5000, '\0'),
        std::string("100 1700000000.0 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY) = 3\n"
                    "100 1700000000.0 +++ exited with 0 +++\n")}) {
    const Reading reading = read_log(text, "web.log");
    CHECK(reading.error.find("web.log has no call of mlock") != std::string::npos);
    CHECK(reading.error.find("; strace -f -ttt -o FILE -e trace=%memory,%process,shmget,prctl "
                             "COMMAND") != std::string::npos);
    CHECK(reading.entries.empty());
  }
}

TEST_CASE("a file that is not there, or a folder, is an error that names it") {
  CHECK(read_file("/no/such/log").error == "cannot open /no/such/log: No such file or directory");
  CHECK(read_file("/usr").error == "cannot read /usr: Is a directory");
}

TEST_CASE("a log of mlock and munlock alone is enough for what they tell") {
  const Reading reading = read_log(locks + unlock);
  CHECK(reading.error == "");
  CHECK(reading.told.front() == "spill high modelled [p+100,p+132) of mlock [p+100,p+132)");
  CHECK_FALSE(reading.origin.all_mappings);
}
