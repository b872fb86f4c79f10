#include "procfs/maps.hpp"

#include "fake_proc.hpp"
#include "support/catch.hpp"

#include <sys/sysmacros.h>
#include <unistd.h>

using namespace mlockscope;

TEST_CASE("executable mappings are read with their files") {
  const auto code = procfs::parse_code(
      "55c0a8e00000-55c0a8e01000 r--p 00000000 08:01 1835 /usr/bin/demo\n"
      "55c0a8e01000-55c0a8e02000 r-xp 00001000 08:01 1835                       /usr/bin/demo\n"
      "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
      "7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0                          [vdso]\n"
      "7fff00000000-7fff00001000 r-xp 00000000 fd:1f 18446744073709551615 /a b\\012c (deleted)\n");
  REQUIRE(code.size() == 4);
  CHECK(code[0] == model::CodeMapping{.pages = {0x55c0a8e01000, 0x55c0a8e02000},
                                      .offset = 0x1000,
                                      .inode = 1835,
                                      .device = makedev(8, 1),
                                      .path = "/usr/bin/demo"});
  CHECK(code[1].path.empty());
  CHECK(code[2].path == "[vdso]");
  CHECK(code[3].path == "/a b\\012c (deleted)");
  CHECK(code[3].inode == UINT64_MAX);
}

TEST_CASE("what is no line of a maps file is passed over") {
  CHECK(procfs::parse_code("").empty());
  CHECK(procfs::parse_code("\n\nx-y r-xp\n1-2 r-xp\n2000-1000 r-xp 0 0:0 0 /b\n").empty());
  CHECK(procfs::parse_code("99999999999999999-1 r-xp 0 0:0 0 /b\n").empty());
  const auto code = procfs::parse_code("junk\n1000-2000 r-xp 0 0:0 7 " + std::string(9000, 'a'));
  REQUIRE(code.size() == 1);
  CHECK(code[0].path.size() == 4096);
}

TEST_CASE("a process without end has its first mappings listed, and no more") {
  std::string text;
  for (unsigned i = 0; i < 2 * procfs::most_code; ++i) text += "1000-2000 r-xp 0 0:0 7 /b\n";
  CHECK(procfs::parse_code(text).size() == procfs::most_code);
}

TEST_CASE("this test's own code is in the list of this process") {
  const auto code = procfs::read_code("/proc", static_cast<std::uint32_t>(::getpid()));
  REQUIRE(code.ok());
  const auto here = reinterpret_cast<model::Address>(&procfs::parse_code);
  CHECK(std::any_of(code.value().begin(), code.value().end(),
                    [here](const auto& each) { return each.pages.contains(here); }));
}

TEST_CASE("a process that is gone has no list") {
  const FakeProc proc;
  CHECK_FALSE(procfs::read_code(proc.root(), 4711).ok());
}
