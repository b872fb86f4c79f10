// The worked examples of what must be concluded, as logs. The words on VM_LOCKED are unknown, so
// what is found is modelled.
#include "log_reading.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

namespace {

const std::string begin = "100 1700000000.000000 execve(\"/usr/bin/web\", [\"web\"], 0x7ffd /* 9 "
                          "vars */) = 0\n"
                          "100 1700000000.000001 mmap(0x7f0000000000, 65536, PROT_READ|PROT_WRITE, "
                          "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n";

/// Calls on the page p = 0x7f0000000000, by "lock 100 32"-like words.
struct Script {
  std::string text = begin;
  int now = 10;

  Script& line(const std::string& call) {
    text += "100 1700000000.0000" + std::to_string(now++) + " " + call + "\n";
    return *this;
  }
  Script& on(const std::string& name, std::uint64_t at, const std::string& length) {
    std::ostringstream call;
    call << name << "(0x" << std::hex << p + at << ", " << length << ") = 0";
    return line(call.str());
  }
  Script& lock(std::uint64_t at, std::uint64_t len) { return on("mlock", at, std::to_string(len)); }
  Script& unlock(std::uint64_t at, std::uint64_t len) {
    return on("munlock", at, std::to_string(len));
  }
  [[nodiscard]] Lines told(std::uint64_t page = 4096) const {
    const Reading reading = read_log(text, "log", page);
    CHECK(reading.error == "");
    CHECK(reading.remark == "");
    CHECK(reading.totals.divergences == 0);
    return reading.told;
  }
};

} // namespace

TEST_CASE("a neighbour on the same page: spill") {
  CHECK(Script().lock(0, 32).lock(100, 32).unlock(0, 32).told() ==
        Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)", "closed 1 open 32"});
}

TEST_CASE("the rest of the same lock: self-spill") {
  CHECK(Script().lock(4000, 200).unlock(4000, 50).told() ==
        Lines{"self-spill high modelled [p+4050,p+4096) of mlock [p+4000,p+4200)",
              "closed 1 open 46"});
}

TEST_CASE("a part of a larger lock: nested; the same lock twice: stacked") {
  CHECK(Script().lock(0, 8192).lock(4096, 100).unlock(4096, 100).told().front() ==
        "nested high modelled [p+4096,p+8192) of mlock [p,p+8192)");
  CHECK(Script().lock(0, 64).lock(0, 64).unlock(0, 64).told().front() ==
        "stacked medium modelled [p,p+64) of mlock [p,p+64)");
}

TEST_CASE("an unlock that names no byte unlocks a page") {
  CHECK(Script().lock(0, 32).unlock(100, 0).told().front() ==
        "spill high modelled [p,p+32) of mlock [p,p+32)");
}

TEST_CASE("what was asked for is no finding") {
  CHECK(Script().lock(0, 32).lock(32, 32).unlock(0, 64).told() == Lines{});
  CHECK(Script().lock(0, 32).unlock(0, 32).unlock(0, 32).told() == Lines{});
  CHECK(Script().lock(0, 32).on("munlock", 0, "18446744073709551615").told() == Lines{});
}

TEST_CASE("the page size is that of the machine of the log") {
  const Script script = Script().lock(0, 4096).lock(4096, 4096).unlock(0, 4096);
  CHECK(script.told() == Lines{});
  CHECK(script.told(16384).front() ==
        "spill high modelled [p+4096,p+8192) of mlock [p+4096,p+8192)");
}

TEST_CASE("a hole in mlockall") {
  CHECK(Script().line("mlockall(MCL_CURRENT) = 0").lock(0, 32).unlock(0, 32).told().front() ==
        "lockall-hole medium modelled [p,p+4096) of mlockall");
}

TEST_CASE("exposures close as they do when traced") {
  CHECK(Script().lock(0, 32).lock(100, 32).unlock(0, 32).unlock(100, 32).told() ==
        Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)", "closed 1 released 32"});
  CHECK(Script().lock(0, 32).lock(100, 32).unlock(0, 32).lock(200, 32).told() ==
        Lines{"spill high modelled [p+100,p+132) of mlock [p+100,p+132)", "closed 1 relocked 32"});
  CHECK(Script()
            .lock(0, 32)
            .lock(100, 32)
            .unlock(0, 32)
            .line("munmap(0x7f0000000000, 4096) = 0")
            .told()
            .back() == "closed 1 unmapped 32");
  CHECK(Script().lock(0, 32).lock(100, 32).unlock(0, 32).line("exit_group(0) = ?").told().back() ==
        "closed 1 ended 32");
}

TEST_CASE("a lock that was refused is told with its error") {
  const Reading reading =
      read_log(Script()
                   .line("mlock(0x7f0000000000, 32) = -1 ENOMEM (Cannot allocate memory)")
                   .line("mlock(0x7f0000000000, 32) = -1 EAGAIN (Resource temporarily unavailable)")
                   .text);
  REQUIRE(reading.calls().size() == 3);
  CHECK(reading.calls()[1].ret == -12);
  CHECK(reading.calls()[2].ret == -11);
  CHECK(reading.told.size() == 2);
}
