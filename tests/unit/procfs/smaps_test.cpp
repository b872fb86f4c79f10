#include "procfs/smaps.hpp"

#include "fake_proc.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace mlockscope;
using procfs::parse_smaps;
using Mapping = model::SnapshotEvent::Mapping;

namespace {

std::string entry(const std::string& range, const std::string& flags,
                  const std::string& name = "") {
  return range + " rw-p 00000000 00:00 0 " + name +
         "\nSize:                  8 kB\nLocked:                0 kB\nTHPeligible:           0\n"
         "VmFlags: " +
         flags + " \n";
}

std::string why(const std::string& text) {
  const auto result = parse_smaps(text);
  return result ? "no error" : result.error().message();
}

} // namespace

TEST_CASE("ranges and flags are read") {
  const auto list =
      parse_smaps(entry("1000-3000", "rd wr mr mw me lo ac", "[heap]") +
                  entry("3000-4000", "rd wr") + entry("7ffc00000000-7ffc00021000", "rd gd lo"));
  REQUIRE(list);
  CHECK(list.value() ==
        procfs::Mappings{
            {.pages = {0x1000, 0x3000}, .locked = true},
            {.pages = {0x3000, 0x4000}},
            {.pages = {0x7ffc00000000, 0x7ffc00021000}, .locked = true, .grows_down = true}});
}

TEST_CASE("kinds of mappings that mlock skips are special") {
  for (const char* flag : {"ht", "pf", "io", "mm", "de", "dp"}) {
    const auto list = parse_smaps(entry("1000-2000", std::string("rd ") + flag + " mr"));
    REQUIRE(list);
    CHECK(list.value().at(0).special);
  }
  CHECK_FALSE(parse_smaps(entry("1000-2000", "rd wr dd dc lo")).value().at(0).special);
}

TEST_CASE("Locked: says what is resident, so only the flag counts") {
  std::string text = entry("1000-3000", "rd wr");
  text.replace(text.find("0 kB"), 4, "8 kB");
  CHECK_FALSE(parse_smaps(text).value().at(0).locked);
}

TEST_CASE("a file's name cannot pretend to be a line or a flag") {
  const auto list =
      parse_smaps(entry("1000-2000", "rd", "/tmp/a\\012VmFlags: lo\\0122000-3000 rw-p") +
                  entry("2000-3000", "rd", "/tmp/VmFlags: lo 9000-a000") +
                  entry("3000-4000", "rd", "\xff\xfe\x1b[31m"));
  REQUIRE(list);
  REQUIRE(list.value().size() == 3);
  for (const Mapping& mapping : list.value()) CHECK_FALSE(mapping.locked);
}

TEST_CASE("lines of later kernels are passed over, before the flags and after") {
  std::string text = entry("1000-2000", "rd lo zz");
  text.insert(text.find("VmFlags"), "NewThing:   12 potatoes\nProtectionKey:  0\n");
  text += "AfterFlags: 1\n";
  const auto list = parse_smaps(text + entry("2000-3000", "rd"));
  REQUIRE(list);
  CHECK(list.value().size() == 2);
  CHECK(list.value()[0].locked);
}

TEST_CASE("no text is no mapping, as of a kernel thread or a zombie") {
  CHECK(parse_smaps("").value().empty());
}

TEST_CASE("the end of the address space can be reached") {
  const auto list = parse_smaps(entry("ffffffffff600000-ffffffffff601000", "ex", "[vsyscall]"));
  CHECK(list.value().at(0).pages == model::PageRange{0xffffffffff600000, 0xffffffffff601000});
}

TEST_CASE("half a list is an error that says where") {
  const std::string good = entry("1000-2000", "rd");
  CHECK(why(good + "2000-3000 rw-p 0 00:00 0\nSize: 4 kB\n") ==
        "cannot make sense of smaps, line 7: a mapping without VmFlags");
  CHECK(why("1000-2000 rw-p 0 00:00 0\n" + good) ==
        "cannot make sense of smaps, line 2: a mapping without VmFlags");
  CHECK(why("Size: 4 kB\n") == "cannot make sense of smaps, line 1: a value before any mapping");
  CHECK(why("VmFlags: lo\n") == "cannot make sense of smaps, line 1: VmFlags without a mapping");
  CHECK(why(good + good) == "cannot make sense of smaps, line 6: a mapping out of order");
  CHECK(why(good + "\n") == "cannot make sense of smaps, line 6: an empty line");
}

TEST_CASE("nonsense is an error and nothing worse") {
  for (const char* line :
       {"x", "1000", "1000-", "1000-2000", "1000-2000 ", "2000-1000 rw-p 0", "1000-1000 rw-p 0",
        "-1000 rw-p 0", "11112222333344445-11112222333344446 rw-p 0", "1000-2000 rw 0",
        " 1-2 rw-p 0", "1000-2000\trw-p 0", "0x1000-0x2000 rw-p 0"})
    CHECK(why(line) == "cannot make sense of smaps, line 1: neither a mapping nor a value");
  CHECK_FALSE(parse_smaps(std::string("\0\0\n", 3)));
}

TEST_CASE("a file that is missing or broken names the process") {
  const FakeProc fake;
  fake.file(7, "smaps", "garbage\n");
  CHECK(procfs::read_smaps(fake.root(), 8).error().message() ==
        "cannot open " + fake.root() +
            "/8/smaps: No such file or directory; the process may have ended");
  CHECK(procfs::read_smaps(fake.root(), 7).error().message() ==
        "cannot make sense of smaps, line 1 of process 7: neither a mapping nor a value");
}

TEST_CASE("a list longer than one read arrives whole") {
  const FakeProc fake;
  std::string text;
  char range[64];
  for (unsigned i = 1; i <= 5000; ++i) {
    ::snprintf(range, sizeof range, "%x-%x", i * 0x1000, i * 0x1000 + 0x1000);
    text += entry(range, i % 2 == 0 ? "rd lo" : "rd");
  }
  fake.file(7, "smaps", text);
  const auto list = procfs::read_smaps(fake.root(), 7);
  REQUIRE(list);
  REQUIRE(list.value().size() == 5000);
  CHECK(list.value()[4999].locked);
}

TEST_CASE("a page this process locks is locked in its smaps, and its neighbour is not") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory =
      ::mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const auto start = reinterpret_cast<model::Address>(memory);
  const model::PageRange middle{start + page, start + 2 * page};
  // Not ::mlock, which the address sanitizer makes a function that does nothing.
  if (::syscall(SYS_mlock, middle.start, page) != 0) {
    WARN("mlock is not allowed here");
    return;
  }
  const auto list = procfs::read_smaps("/proc", static_cast<std::uint32_t>(::getpid()));
  ::munmap(memory, 3 * page);
  REQUIRE(list);
  const auto locked_at = [&](model::Address at) {
    for (const Mapping& mapping : list.value())
      if (mapping.pages.contains(at)) return mapping.locked;
    return false;
  };
  CHECK(locked_at(middle.start));
  CHECK_FALSE(locked_at(middle.start - 1));
  CHECK_FALSE(locked_at(middle.end));
  CHECK(std::any_of(list.value().begin(), list.value().end(),
                    [](const Mapping& mapping) { return mapping.grows_down; }));
}
