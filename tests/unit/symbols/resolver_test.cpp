#include "parked.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <elf.h>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

using namespace mlockscope;

namespace {

using Names = std::vector<std::string>;

// The frames from the program's own first one on: below it is the C library's, above it start code.
Names own_frames(const model::Stack& stack, const std::string& first, std::size_t count) {
  Names all = names(stack);
  const auto at = std::find(all.begin(), all.end(), first);
  const auto end = all.end() - at < static_cast<std::ptrdiff_t>(count)
                       ? all.end()
                       : at + static_cast<std::ptrdiff_t>(count);
  return {at, end};
}

const Names parked_frames{"park_innermost", "park_middle", "park_outermost", "main"};

} // namespace

TEST_CASE("a function has its name, offset, file and line") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  asker.describe(program);
  const auto start = program.address("park_outermost");
  const auto stack = asker.ask({start});
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].addr == start);
  CHECK(stack[0].symbol == "park_outermost");
  CHECK(stack[0].offset == 0);
  CHECK(stack[0].module == std::filesystem::canonical(program_path("with_frames")).string());
  CHECK(stack[0].module_offset > 0);
  CHECK(stack[0].module_offset < 0x10000);
  CHECK(stack[0].build_id.size() == 20);
  REQUIRE(stack[0].file);
  CHECK(std::filesystem::path(*stack[0].file).filename() == "parked.c");
  CHECK(stack[0].line > 30);
}

TEST_CASE("a return address belongs to the call before it") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  asker.describe(program);
  // The byte after the end of park_innermost, or before the start of what follows: as the first
  // address it is the start of a function, as a return address it is in the one before.
  const auto start = program.address("park_outermost");
  const auto stack = asker.ask({start, start + 1});
  REQUIRE(stack.size() == 2);
  CHECK(stack[1].symbol == "park_outermost");
  CHECK(stack[1].offset == 1);
  CHECK(stack[1].module_offset == stack[0].module_offset + 1);
}

TEST_CASE("a stack without frame pointers is unwound from its copy") {
  const std::string name =
      GENERATE(as<std::string>(), "with_frames", "without_frames", "static", "debug_frame");
  INFO(name);
  const Parked program(program_path(name));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({}, program.copy());
  CHECK(own_frames(stack, "park_innermost", 4) == parked_frames);
  REQUIRE(stack.size() > 4);
  CHECK(stack[0].symbol.value_or("").find("read") != std::string::npos);
  const auto last = names(stack).back();
  CHECK((last == "_start" || last.find("libc_start") != std::string::npos));
}

TEST_CASE("where the copy ends, frame pointers go on") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  asker.describe(program);
  const auto whole = asker.ask({}, program.copy());
  std::vector<model::Address> addresses;
  for (const auto& frame : whole) addresses.push_back(frame.addr);
  // 600 bytes hold the first frames only: park_middle has 3000 bytes of its own.
  const auto cut = asker.ask({}, program.copy(600));
  REQUIRE(cut.size() < whole.size());
  CHECK(names(asker.ask(addresses, program.copy(600))) == names(whole));
}

TEST_CASE("C++ names are as in the source") {
  const Parked program(program_path("cpp"));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({}, program.copy());
  CHECK(own_frames(stack, "pool::Keeper<long>::keep(long)", 3) ==
        Names{"pool::Keeper<long>::keep(long)", "pool::hold(pool::Keeper<long>&)", "main"});
}

TEST_CASE("a library that was opened later is in the next version of the code") {
  const Parked program(program_path("without_frames"), {"plugin", program_path("plugin.so")});
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({}, program.copy());
  CHECK(own_frames(stack, "wait_in_plugin", 5) ==
        Names{"wait_in_plugin", "park_in_plugin", "park_middle", "park_outermost", "main"});
}

TEST_CASE("a stripped program has its file, offsets and whole stack, and no wrong names") {
  const Parked program(program_path("stripped"));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({program.address("park_outermost")}, program.copy());
  REQUIRE(stack.size() > 5);
  std::size_t own = 0;
  for (const auto& frame : stack) {
    if (!frame.module || !frame.module->ends_with("/stripped")) continue;
    ++own;
    CHECK_FALSE(frame.symbol);
    CHECK(frame.module_offset > 0);
    CHECK(frame.build_id.size() == 20);
  }
  CHECK(own >= 4);
}

TEST_CASE("a stripped program's compressed symbol table has its names") {
  const Parked program(program_path("mini"));
  Asker asker;
  asker.describe(program);
  CHECK(own_frames(asker.ask({}, program.copy()), "park_innermost", 4) == parked_frames);
}

TEST_CASE("a debug link leads to names and lines") {
  const Parked program(program_path("split"));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({program.address("park_middle")}, program.copy());
  CHECK(own_frames(stack, "park_innermost", 4) == parked_frames);
  const auto at = std::find_if(stack.begin(), stack.end(),
                               [](const auto& each) { return each.symbol == "park_middle"; });
  REQUIRE(at != stack.end());
  REQUIRE(at->file);
  CHECK(at->file->ends_with("parked.c"));
}

TEST_CASE("a debug file of another program is not used") {
  const TempFolder folder;
  std::filesystem::copy(program_path("split"), folder.path("split"));
  std::filesystem::copy(program_path("cpp"), folder.path("split.debug"));
  const Parked program(folder.path("split"));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({program.address("park_middle")});
  REQUIRE(stack.size() == 1);
  CHECK_FALSE(stack[0].symbol);
}

TEST_CASE("a deleted program, and one that has ended, have names") {
  const TempFolder folder;
  std::filesystem::copy(program_path("without_frames"), folder.path("program"));
  Parked program(folder.path("program"));
  std::filesystem::remove(folder.path("program"));
  Asker asker;
  asker.describe(program);
  asker.settle();
  const auto start = program.address("park_middle");
  const auto copy = program.copy();
  program.end();
  const auto stack = asker.ask({start}, copy);
  CHECK(own_frames(stack, "park_innermost", 4) == parked_frames);
  REQUIRE(stack.size() > 2);
  CHECK(std::any_of(stack.begin(), stack.end(), [](const auto& each) {
    return each.module && each.module->ends_with("/program (deleted)");
  }));
}

TEST_CASE("a program that was gone before its code was described has names if its file is there") {
  Parked program(program_path("without_frames"));
  auto code = program.code();
  const auto place = program.address("park_outermost");
  const auto pid = program.pid();
  program.end();
  Asker asker;
  asker.describe(code, pid);
  CHECK(names(asker.ask({place})) == Names{"park_outermost"});

  // Another file has that name: it is not asked, and the place is known all the same.
  for (model::CodeMapping& each : code) each.inode += 1;
  asker.describe(code, pid);
  const auto stack = asker.ask({place});
  REQUIRE(stack.size() == 1);
  CHECK_FALSE(stack[0].symbol);
  CHECK(stack[0].module == std::filesystem::canonical(program_path("without_frames")).string());
  CHECK(stack[0].module_offset > 0);
}

TEST_CASE("code that is forgotten or was never described has no names") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  const auto start = program.address("park_middle");
  CHECK(asker.ask({start}).empty());
  asker.describe(program);
  CHECK_FALSE(asker.ask({start}).empty());
  asker.resolver().forget(asker.key().space);
  CHECK(asker.ask({start}).empty());
}

TEST_CASE("an address outside of all code ends a chain, and the top of a stack may be no address") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  asker.describe(program);
  const auto start = program.address("park_middle");
  const auto stack = asker.ask({start, 0x1234, start + 4, start + 8, 7, start + 4});
  REQUIRE(stack.size() == 3);
  CHECK(stack[1].addr == start + 4);
  CHECK(stack[2].addr == start + 8);
  CHECK(asker.ask({1, 2, 3}).empty());
}

TEST_CASE("the descriptor is readable when there are answers, and requests beyond the bound are "
          "answered, too") {
  symbols::Resolver::Options options;
  options.most_waiting = 10;
  auto started = symbols::Resolver::start(options);
  REQUIRE(started.ok());
  symbols::Resolver& resolver = *started.value();
  pollfd end{resolver.fd(), POLLIN, 0};
  CHECK(::poll(&end, 1, 0) == 0);

  const Parked program(program_path("with_frames"));
  const symbols::CodeKey key{model::SpaceId{1}, 1};
  resolver.describe(key, program.code(), program.pid());
  for (std::uint64_t i = 0; i < 100; ++i)
    resolver.submit({i, key, {program.address("park_middle")}, {}});
  std::vector<symbols::Answer> answers;
  while (answers.size() < 100) {
    REQUIRE(::poll(&end, 1, 10000) == 1);
    resolver.collect(answers);
  }
  std::sort(answers.begin(), answers.end(), [](auto& a, auto& b) { return a.id < b.id; });
  for (std::uint64_t i = 0; i < 100; ++i) CHECK(answers[i].id == i);
  CHECK_FALSE(answers[0].stack.empty());
  const auto counters = resolver.counters();
  CHECK(counters.requests == 100);
  CHECK(counters.answers == 100);
  CHECK(counters.refused > 0);
  CHECK(counters.empty_answers == counters.refused);
  CHECK(::poll(&end, 1, 0) == 0);
}
