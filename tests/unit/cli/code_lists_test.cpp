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
  told.code.born(SpaceId{1}, me, second);
  REQUIRE(told.lists.size() == 1);
  CHECK(told.lists[0].version == 1);
  CHECK(std::ranges::any_of(told.lists[0].code, [](const model::CodeMapping& mapping) {
    return mapping.pages.contains(here()) && mapping.path.ends_with("cli_test");
  }));
}

TEST_CASE("nobody wants it, nothing is read") {
  CodeLists code;
  code.born(SpaceId{1}, me, second);
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
  told.code.born(SpaceId{1}, me, second);
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
