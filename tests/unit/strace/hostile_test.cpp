// Logs that nobody means well with: bounded memory, no crash, and what is given up is said.
#include "log_reading.hpp"
#include "support/catch.hpp"

#include <ctime>
#include <sstream>

using namespace mlockscope::test;
using mlockscope::strace::LineReader;

namespace {

const std::string lock = "7 1700000000.1 mlock(0x7f0000000000, 32) = 0\n";

std::string long_line(std::size_t bytes) { return std::string(bytes, 'x') + "\n"; }

} // namespace

TEST_CASE("lines without end are passed over") {
  const std::string text = lock + "7 1700000000.1 write(1, \"" +
                           long_line(5 * LineReader::longest_line) + lock +
                           "7 1700000000.1 munlock(" + long_line(LineReader::longest_line) + lock;
  const Reading reading = read_log(text);
  CHECK(reading.calls().size() == 3);
  CHECK(reading.remark == "1 call could not be read and counts as lost (line 4)");
  CHECK(reading.events<LostEvent>().at(0).space == reading.calls().at(0).space);
}

TEST_CASE("line ends of other systems, NULs and blanks") {
  const Reading reading =
      read_log("  7 1700000000.1 mlock(0x1000, 32) = 0  \r\n" + std::string(9, '\0') +
               "\r\n\r\n7 1700000000.1 munlock(0x1000, 32) = 0\r\n");
  CHECK(reading.calls().size() == 2);
  CHECK(reading.remark == "1 line is not strace's (line 2)");
}

TEST_CASE("brackets and quotes that do not match") {
  for (const char* tail : {"\"", "\\", "\"\\", "<", "((((", "/*", "))) = 0", "{[(", "= ?", "<...>",
                           " <unfinished ...>", "strace: Process 9 attached"}) {
    const Reading reading = read_log(lock + "7 1700000000.1 mlock(0x1000, " + tail + "\n" + lock);
    INFO(tail);
    CHECK(reading.error == "");
    CHECK(reading.calls().size() >= 1);
    CHECK(reading.totals.lost <= 2);
  }
}

TEST_CASE("more tasks at once than there is room for: the oldest are forgotten") {
  std::string text;
  for (int tid = 1; tid <= 70'000; ++tid) text += std::to_string(tid) + " mlock(0x1000, 32) = 0\n";
  const Reading reading = read_log(text);
  CHECK(reading.calls().size() == 70'000);
  CHECK(reading.totals.address_spaces <= mlockscope::strace::Family::most_tasks);
  CHECK(reading.totals.address_spaces > 50'000);
  CHECK(reading.remark.find("tasks too many at once") != std::string::npos);
}

TEST_CASE("looking ahead for parents that never come takes no time") {
  std::string text = "1 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n"
                     "2 clone(child_stack=NULL, flags=SIGCHLD <unfinished ...>\n";
  for (int tid = 3; tid <= 40'000; ++tid) text += std::to_string(tid) + " mlock(0x1000, 32) = 0\n";
  const auto before = std::clock();
  const Reading reading = read_log(text);
  CHECK(reading.calls().size() == 39'998);
  CHECK(std::clock() - before < 10 * CLOCKS_PER_SEC);
}

TEST_CASE("a process with too many pieces to keep is not judged, and costs no more") {
  std::string text = "1 1700000000.0 execve(\"/bin/a\", [\"a\"], 0x1 /* 1 var */) = 0\n"
                     "1 1700000000.0 mlock(0x1000, 32) = 0\n";
  for (int n = 0; n < 3000; ++n) {
    std::ostringstream line;
    line << "1 1700000000.0 mmap(NULL, 4096, PROT_READ, MAP_SHARED, 3, 0) = 0x7f" << std::hex
         << 0x10000000 + n * 0x2000 << "\n";
    text += line.str();
  }
  const Reading reading = read_log(text + "1 1700000001.0 fork() = 2\n2 1700000001.0 close(3) = 0\n"
                                          "1 1700000002.0 brk(NULL) = 0x1000\n");
  CHECK(reading.told == Lines{});
  CHECK(reading.totals.divergences == 0);
}

TEST_CASE("ranges and times at the ends of what 64 bits hold") {
  const Reading reading = read_log(
      "1 9999999999.999999999 mmap(NULL, 18446744073709551615, PROT_READ, MAP_SHARED, 3, 0) = "
      "0xffffffffffff0000\n"
      "1 9999999999.999999999 mlock(0xffffffffffffffff, 1) = 0\n"
      "1 9999999999.999999999 mremap(0xfffffffffffff000, 8192, 18446744073709551615, "
      "MREMAP_MAYMOVE, 0) = 0xfffffffffffff000\n"
      "1 9999999999.999999999 madvise(0, 18446744073709551615, MADV_DONTFORK) = 0\n"
      "1 9999999999.999999999 shmget(1, 18446744073709551615, 0) = 1\n"
      "1 9999999999.999999999 shmat(1, 0, 0) = 0xfffffffffffffff0\n"
      "1 9999999999.999999999 fork() = 2\n2 9999999999.999999999 brk(0xffffffffffffffff) = "
      "0xffffffffffffffff\n"
      "2 99:99:99 mlock(0x1, 1) = 0\n"
      "2 00000000000000000000000000009.1 mlock(0x1, 1) = 0\n");
  CHECK(reading.error == "");
  CHECK(reading.calls().size() >= 5);
}
