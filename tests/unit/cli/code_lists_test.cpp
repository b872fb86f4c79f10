#include "cli/code_lists.hpp"
#include "support/catch.hpp"

#include <sys/mman.h>
#include <unistd.h>

using namespace mlockscope;
using cli::CodeLists;
using model::SpaceId;

namespace {

constexpr model::Time second = 1'000'000'000;
const auto me = static_cast<std::uint32_t>(::getpid());
model::Address here() { return reinterpret_cast<model::Address>(&here); }

/// A page that can be executed, of no file.
struct Code {
  Code() : page(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    REQUIRE(page != MAP_FAILED);
  }
  ~Code() { ::munmap(page, 4096); }
  [[nodiscard]] model::Address address() const { return reinterpret_cast<model::Address>(page); }
  void* page;
};

struct Told {
  Told() {
    code.tell([this](const CodeLists::List& list) { lists.push_back(list); });
  }
  CodeLists code;
  std::vector<CodeLists::List> lists;
};

} // namespace

TEST_CASE("code of this process is listed when it is born, with this function in it") {
  Told told;
  told.code.born(SpaceId{1}, me, here(), second);
  REQUIRE(told.lists.size() == 1);
  CHECK(told.lists[0].version == 1);
  CHECK(std::ranges::any_of(told.lists[0].code, [](const model::CodeMapping& mapping) {
    return mapping.pages.contains(here()) && mapping.path.ends_with("cli_test");
  }));
}

TEST_CASE("nobody wants it, nothing is read") {
  CodeLists code;
  code.born(SpaceId{1}, me, here(), second);
  CHECK(code.version_for(SpaceId{1}, me, {here()}, second) == 0);
}

TEST_CASE("a list that has not changed is not told again, one that has gets a new version") {
  Told told;
  CHECK(told.code.version_for(SpaceId{1}, me, {here()}, second) == 1);
  told.code.see(SpaceId{1}, me);
  told.code.tend(2 * second);
  CHECK(told.lists.size() == 1);
  const Code fresh;
  CHECK(told.code.version_for(SpaceId{1}, me, {here()}, 3 * second) == 1);
  CHECK(told.code.version_for(SpaceId{1}, me, {here(), fresh.address()}, 3 * second) == 2);
  CHECK(told.lists.size() == 2);
  told.code.tell_again();
  told.code.tend(4 * second);
  CHECK(told.lists.size() == 3);
}

TEST_CASE("an address in no mapping makes it look again, not all the time") {
  Told told;
  CHECK(told.code.version_for(SpaceId{1}, me, {here()}, second) == 1);
  CHECK(told.code.version_for(SpaceId{1}, me, {0x10}, second) == 1);
  const Code fresh;
  CHECK(told.code.version_for(SpaceId{1}, me, {fresh.address()}, second + 1) == 1);
  CHECK(told.code.version_for(SpaceId{1}, me, {fresh.address()}, 2 * second) == 2);
}

TEST_CASE("a mapping of a file makes its list be read again") {
  Told told;
  told.code.born(SpaceId{1}, me, here(), second);
  model::CallEvent call;
  call.space = SpaceId{1};
  call.caller.pid = me;
  call.call = model::Call::mmap;
  call.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const Code fresh;
  told.code.note(call);
  told.code.tend(2 * second);
  CHECK(told.lists.size() == 1);
  call.flags = MAP_PRIVATE;
  told.code.note(call);
  told.code.tend(3 * second);
  CHECK(told.lists.size() == 2);
}

TEST_CASE("a process that is gone has no list, and keeps what was read") {
  Told told;
  CHECK(told.code.version_for(SpaceId{1}, 0x7fffffff, {here()}, second) == 0);
  CHECK(told.code.version_for(SpaceId{2}, me, {here()}, second) == 1);
  CHECK(told.code.version_for(SpaceId{2}, 0x7fffffff, {0x10}, 2 * second) == 1);
  told.code.forget(SpaceId{2});
  CHECK(told.code.version_for(SpaceId{2}, 0x7fffffff, {here()}, 3 * second) == 0);
}

namespace {

/// As a probe tells it of a process that is gone.
model::CodeMapping mapping(model::Address start, std::uint64_t inode,
                           const std::string& path = "/usr/lib/libdemo.so.1") {
  return {.pages = {start, start + 0x2000},
          .offset = 0x1000,
          .inode = inode,
          .device = 0x801,
          .path = path};
}
constexpr std::uint32_t gone = 0x7fffffff;

} // namespace

TEST_CASE("what probes have told of one stack is one version, told as soon as it is needed") {
  Told told;
  told.code.told(SpaceId{1}, gone, mapping(0x600000, 7));
  told.code.told(SpaceId{1}, gone, mapping(0x400000, 6, "/usr/bin/demo"));
  told.code.told(SpaceId{2}, gone, mapping(0x400000, 6, "/usr/bin/demo"));
  CHECK(told.lists.empty());
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x600010, 0x400010}, second) == 1);
  REQUIRE(told.lists.size() == 1);
  CHECK(told.lists[0].space == SpaceId{1});
  CHECK(told.lists[0].pid == gone);
  CHECK(told.lists[0].time == second);
  CHECK(told.lists[0].code == std::vector<model::CodeMapping>{mapping(0x400000, 6, "/usr/bin/demo"),
                                                              mapping(0x600000, 7)});
  told.code.tend(2 * second);
  REQUIRE(told.lists.size() == 2); // of the other one, which no stack has asked for yet
  CHECK(told.lists[1].space == SpaceId{2});
}

TEST_CASE("a mapping that is known already makes no new version, one in its place does") {
  Told told;
  told.code.told(SpaceId{1}, gone, mapping(0x400000, 6));
  told.code.told(SpaceId{1}, gone, mapping(0x600000, 7));
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x400010}, second) == 1);
  told.code.told(SpaceId{1}, gone, mapping(0x600000, 7));
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x400010}, second) == 1);
  told.code.told(SpaceId{1}, gone, mapping(0x601000, 8));
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x400010}, second) == 2);
  CHECK(told.lists.back().code ==
        std::vector<model::CodeMapping>{mapping(0x400000, 6), mapping(0x601000, 8)});
}

TEST_CASE("a mapping whose path the probe could not read is left to /proc") {
  Told told;
  told.code.told(SpaceId{1}, gone, mapping(0x400000, 6, ""));
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x400010}, second) == 0);
}

TEST_CASE("a list of another program, which the process has executed meanwhile, is not believed") {
  Told told;
  told.code.told(SpaceId{1}, me, mapping(0x400000, 6)); // not of this program
  CHECK(told.code.version_for(SpaceId{1}, me, {0x400010, 0x10}, second) == 1);
  told.code.see(SpaceId{1}, me);
  told.code.tend(2 * second);
  REQUIRE(told.lists.size() == 1);
  CHECK(told.lists[0].code == std::vector<model::CodeMapping>{mapping(0x400000, 6)});
  told.code.born(SpaceId{2}, me, 0x400010, 3 * second);
  CHECK(told.lists.size() == 1);
  // The list that has the address replaces what was told.
  CHECK(told.code.version_for(SpaceId{1}, me, {here(), 0x10}, 4 * second) == 2);
  CHECK(told.lists.back().code.size() > 1);
}

TEST_CASE("where births are no hurry, the list is read with the next look around") {
  Told told;
  told.code.read_at_birth(CodeLists::AtBirth::later);
  told.code.born(SpaceId{1}, me, here(), second);
  CHECK(told.lists.empty());
  told.code.tend(second);
  CHECK(told.lists.size() == 1);
}

TEST_CASE("what was told is told again, as it was") {
  Told told;
  told.code.told(SpaceId{1}, gone, mapping(0x400000, 6));
  CHECK(told.code.version_for(SpaceId{1}, gone, {0x400010}, second) == 1);
  told.code.tell_again();
  told.code.tend(second);
  REQUIRE(told.lists.size() == 2);
  CHECK(told.lists[1].code == told.lists[0].code);
  CHECK(told.lists[1].version == 2);
}

TEST_CASE("a path is kept once, and as long as somebody has it") {
  cli::PathPool pool;
  const auto kept = pool.keep("/usr/lib/libdemo.so.1");
  CHECK(pool.keep("/usr/lib/libdemo.so.1") == kept);
  for (int i = 0; i < 10000; ++i) CHECK(*pool.keep(std::to_string(i)) == std::to_string(i));
  CHECK(pool.size() < 200);
  CHECK(pool.keep("/usr/lib/libdemo.so.1") == kept);
}
