// User stacks of lock calls, beside what the program says of itself: tests/programs/callers.c.
#include "backend.hpp"
#include "watched.hpp"

#include "procfs/maps.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlockscope;
using namespace mlockscope::live;
using capture::Stacks;
using capture::TracerOptions;
using model::StackId;
using model::UserStack;

namespace {

constexpr std::size_t paths = 10; ///< first, second, and deep at eight depths
constexpr std::size_t calls_a_round = 2 * paths;

const Words framed{program("callers_framed")}, frameless{program("callers_frameless")};

Words with(Words command, std::initializer_list<const char*> more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

TracerOptions options(Stacks stacks) {
  TracerOptions options;
  options.stacks = stacks;
  options.backend = mlockscope::live::wanted_backend();
  return options;
}

TracerOptions with_all_copies(Stacks stacks) {
  TracerOptions all = options(stacks);
  all.copies_per_place = 0;
  return all;
}

/// Which path the i-th call took: each makes a lock and an unlock.
std::size_t path_of(std::size_t i) { return i / 2 % paths; }

/// The place that called helper() on that path.
std::uint64_t caller_of_helper(const Json& account, std::size_t path) {
  return address(account.at(path == 0 ? "first" : path == 1 ? "second" : "deep"));
}

const UserStack& stack_of(const Seen& seen, std::size_t i) {
  const auto found = seen.stacks.find(seen.calls.at(i).stack);
  REQUIRE(found != seen.stacks.end());
  return found->second;
}

/// Everything was sent, and each call has a stack that was told before it.
void require_all(const Seen& seen, std::size_t rounds) {
  REQUIRE(seen.counters.lost == 0);
  REQUIRE(seen.counters.stacks_lost == 0);
  REQUIRE(seen.calls.size() == rounds * calls_a_round);
  CHECK(seen.untold == 0);
  for (const auto& call : seen.calls) {
    REQUIRE(call.stack != StackId::none);
    CHECK(seen.stacks.at(call.stack).space == call.space);
    CHECK(seen.stacks.at(call.stack).pid == call.caller.pid);
  }
}

/// No number stands for two paths, and each was told once. A path may have several: what is left
/// over on the stack takes part, and looks like code as soon as its page is in memory.
void check_numbers(const Seen& seen) {
  std::map<StackId, std::pair<std::size_t, model::Call>> path;
  std::map<std::pair<std::size_t, model::Call>, std::set<StackId>> numbers;
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const std::pair own{path_of(i), seen.calls[i].call};
    const auto& known = path.emplace(seen.calls[i].stack, own).first->second;
    CHECK(known == own);
    numbers[own].insert(seen.calls[i].stack);
  }
  for (const auto& [own, all] : numbers) CHECK(all.size() <= 3);
  CHECK(seen.told.size() == seen.stacks.size());
}

bool contains(const model::StackCopy& copy, std::uint64_t word) {
  for (std::size_t at = 0; at + sizeof(word) <= copy.bytes.size(); at += sizeof(word))
    if (std::memcmp(copy.bytes.data() + at, &word, sizeof(word)) == 0) return true;
  return false;
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text.append({digits[bytes[i] >> 4], digits[bytes[i] & 15]});
  return text;
}

/// What the kernel says in maps of that file when this process has it mapped.
model::CodeMapping as_in_maps(const std::string& path) {
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, file.get(), 0);
  REQUIRE(page != MAP_FAILED);
  const auto code = procfs::read_code("/proc", static_cast<std::uint32_t>(::getpid()));
  ::munmap(page, size);
  REQUIRE(code);
  const auto own = std::ranges::find_if(code.value(), [&](const model::CodeMapping& each) {
    return each.pages.start == reinterpret_cast<model::Address>(page);
  });
  REQUIRE(own != code.value().end());
  return *own;
}

void check_file(const model::CodeMapping& told, const std::string& path) {
  const model::CodeMapping truth = as_in_maps(path);
  CHECK(told.path == truth.path);
  CHECK(told.inode == truth.inode);
  CHECK(told.device == truth.device);
}

} // namespace

TEST_CASE("with frame pointers, a stack has every place on the way to the lock") {
  const auto [all, account] = watch({options(Stacks::on)}, with(framed, {"3"}));
  const Seen& seen = all.at(0);
  require_all(seen, 3);
  INFO(account.dump());
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const auto& addresses = stack_of(seen, i).addresses;
    const std::size_t path = path_of(i), depth = path < 2 ? 0 : path - 2;
    REQUIRE(addresses.size() >= 4 + depth); // the last one of these is in main()
    CHECK(addresses[1] == address(account.at("helper")));
    CHECK(addresses[2] == caller_of_helper(account, path));
    for (std::size_t level = 1; level < depth; ++level) CHECK(addresses[3 + level] == addresses[3]);
    if (depth != 0) CHECK(addresses[3 + depth] != addresses[3]);
    CHECK(addresses[0] == stack_of(seen, i % 2).addresses[0]); // in mlock(), or in munlock()
  }
  check_numbers(seen);
}

TEST_CASE("without frame pointers, a stack has the caller of the wrapper, and paths differ") {
  const auto [all, account] = watch({with_all_copies(Stacks::on)}, with(frameless, {"20"}));
  const Seen& seen = all.at(0);
  require_all(seen, 20);
  INFO(account.dump());
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const UserStack& stack = stack_of(seen, i);
    REQUIRE(stack.addresses.size() >= 2);
    CHECK(stack.addresses[1] == address(account.at("helper")));
    REQUIRE(stack.copy);
    CHECK(contains(*stack.copy, caller_of_helper(account, path_of(i))));
    CHECK(contains(*stack.copy, address(account.at("first"))) == (path_of(i) == 0));
  }
  check_numbers(seen);
}

TEST_CASE("a copy has the registers, and the bytes of the stack where the program has them") {
  for (const Words& command : {framed, frameless}) {
    const auto [all, account] = watch({with_all_copies(Stacks::automatic)}, with(command, {"2"}));
    require_all(all.at(0), 2);
    const std::uint64_t marks = address(account.at("marks"));
    const std::string marked = account.at("marked");
    for (const UserStack& stack : all.at(0).told) {
      REQUIRE(stack.copy);
      const auto& copy = *stack.copy;
      const std::uint64_t sp = copy.values[model::StackCopy::sp];
      CHECK(copy.values[model::StackCopy::ip] == stack.addresses.at(0));
      REQUIRE(sp < marks);
      REQUIRE(marks - sp + marked.size() / 2 <= copy.bytes.size());
      CHECK(hex(copy.bytes.data() + (marks - sp), marked.size() / 2) == marked);
    }
  }
}

TEST_CASE("a copy ends where the mapping of the stack ends") {
  const auto [all, account] = watch({options(Stacks::on)}, with(frameless, {"0", "edge"}));
  const Seen& seen = all.at(0);
  REQUIRE(seen.calls.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const UserStack& stack = stack_of(seen, i);
    REQUIRE(stack.copy);
    const std::uint64_t sp = stack.copy->values[model::StackCopy::sp];
    CHECK(sp + stack.copy->bytes.size() == address(account.at("edge")));
    CHECK(contains(*stack.copy, address(account.at("first"))));
  }
}

TEST_CASE("off: no stack is told and no call names one") {
  const auto [all, account] = watch({options(Stacks::off)}, with(framed, {"2"}));
  const Seen& seen = all.at(0);
  CHECK(seen.calls.size() == 2 * calls_a_round);
  CHECK(seen.told.empty());
  for (const auto& call : seen.calls) CHECK(call.stack == StackId::none);
}

TEST_CASE("automatic gives each call the stack that on gives it, without walking it again") {
  const std::size_t rounds = 200;
  for (const Words& command : {framed, frameless}) {
    const auto [all, account] = watch({options(Stacks::on), options(Stacks::automatic)},
                                      with(command, {std::to_string(rounds).c_str()}));
    const Seen &walked = all.at(0), &known = all.at(1);
    require_all(walked, rounds);
    require_all(known, rounds);
    CHECK(known.counters.stacks_skipped == 0);
    for (std::size_t i = 0; i < walked.calls.size(); ++i)
      CHECK(stack_of(known, i).addresses == stack_of(walked, i).addresses);
    check_numbers(walked);
    check_numbers(known);
  }
}

TEST_CASE("far up the stack, frame pointers tell paths apart, with and without a walk") {
  const auto [all, account] =
      watch({options(Stacks::on), options(Stacks::automatic)}, with(framed, {"50", "wide"}));
  const Seen &walked = all.at(0), &known = all.at(1);
  REQUIRE(walked.calls.size() == 50 * (calls_a_round + 4));
  REQUIRE(known.calls.size() == walked.calls.size());
  for (std::size_t i = 0; i < walked.calls.size(); ++i)
    CHECK(stack_of(known, i).addresses == stack_of(walked, i).addresses);
  const auto& one = stack_of(known, calls_a_round).addresses; // wide_first(), wide_second()
  const auto& other = stack_of(known, calls_a_round + 2).addresses;
  REQUIRE(one.size() == other.size());
  CHECK(one[2] == other[2]);
  CHECK(one[3] != other[3]);
  CHECK(known.told.size() == known.stacks.size());
}

TEST_CASE("with room for one number, stacks are told again, recycled ones counted") {
  TracerOptions narrow = options(Stacks::automatic);
  narrow.stack_slots = 1;
  narrow.copies_per_place = 8;
  const auto [all, account] = watch({narrow}, with(frameless, {"10"}));
  const Seen& seen = all.at(0);
  require_all(seen, 10);
  CHECK(seen.told.size() == seen.calls.size()); // two calls in a row are never the same
  CHECK(seen.counters.stacks_recycled == seen.told.size() - 1);
  // The bytes of eight stacks for each pair of innermost places.
  const auto copies = std::count_if(seen.told.begin(), seen.told.end(),
                                    [](const UserStack& stack) { return stack.copy.has_value(); });
  CHECK(copies == 2 * 8);
}

TEST_CASE("a stack that finds no room in the ring is counted, and its call names none") {
  TracerOptions tiny = options(Stacks::on);
  tiny.ring_bytes = 4096;
  tiny.stack_slots = 1;
  const auto [all, account] = watch({tiny}, with(framed, {"50"}), true);
  const Seen& seen = all.at(0);
  CHECK(seen.counters.stacks_lost > 0);
  CHECK(seen.counters.lost + seen.calls.size() >= 50 * calls_a_round);
  CHECK(seen.untold == 0);
  REQUIRE_FALSE(seen.told.empty());
  std::uint64_t none = 0;
  for (const auto& call : seen.calls) none += call.stack == StackId::none;
  CHECK(none <= seen.counters.stacks_lost);
  CHECK(std::none_of(seen.told.begin(), seen.told.end(),
                     [](const UserStack& stack) { return stack.copy.has_value(); }));
}

TEST_CASE("when a second has had its walks, calls have their two innermost places") {
  TracerOptions slow = options(Stacks::automatic);
  slow.walks_per_second = 1;
  const auto [all, account] = watch({slow}, with(framed, {"20"}));
  const Seen& seen = all.at(0);
  require_all(seen, 20);
  REQUIRE(seen.counters.stacks_skipped > 0);
  std::size_t bare = 0;
  for (std::size_t i = 0; i < seen.calls.size(); ++i) {
    const auto& addresses = stack_of(seen, i).addresses;
    CHECK(addresses.at(1) == address(account.at("helper")));
    bare += addresses.size() == 2;
  }
  CHECK(bare == seen.counters.stacks_skipped);
}

TEST_CASE("the code of a stack is told before it, each mapping once") {
  for (const auto stacks : {Stacks::on, Stacks::automatic}) {
    const auto [all, account] = watch({options(stacks)}, with(frameless, {"20"}));
    const Seen& seen = all.at(0);
    require_all(seen, 20);
    CHECK(seen.bare == 0);
    CHECK(seen.counters.code_lost == 0);
    std::set<model::Address> starts;
    for (const decode::Code& code : seen.code) {
      CHECK(code.space == seen.calls[0].space);
      CHECK(code.pid == seen.calls[0].caller.pid);
      CHECK(code.time <= seen.calls.back().exit);
      CHECK(starts.insert(code.mapping.pages.start).second);
      if (code.mapping.pages.contains(address(account.at("helper"))))
        check_file(code.mapping, frameless.at(0));
    }
    CHECK(starts.size() >= 2); // the program's, and the C library's
    CHECK(starts.size() <= 3); // the loader's, if it has left an address on the stack
  }
}

TEST_CASE("the code of a program whose file is gone is told with its name as maps has it") {
  const Folder folder;
  const std::string file = folder.write("gone", read_file(framed.at(0)), 0755);
  const auto [all, account] =
      watch({options(Stacks::on)},
            {"sh", "-c", "exec 3<\"$0\"; rm \"$0\"; exec /proc/self/fd/3 1", file});
  CHECK(all.at(0).bare == 0);
  const auto own = std::ranges::find_if(all.at(0).code, [&](const decode::Code& code) {
    return code.mapping.pages.contains(address(account.at("helper")));
  });
  REQUIRE(own != all.at(0).code.end());
  CHECK(own->mapping.path == file + " (deleted)");
}

TEST_CASE("code that finds no room in the ring is counted, and told with a later stack") {
  // The longer its path, the larger the record: with that of the birth it is too much.
  const Folder folder;
  const std::string deep = folder.path("1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16");
  std::filesystem::create_directories(deep);
  const std::string file = deep + "/callers";
  std::filesystem::copy_file(framed.at(0), file);
  TracerOptions tiny = options(Stacks::on);
  tiny.ring_bytes = 4096;
  tiny.stack_slots = 1;
  const auto told = [&](const Seen& seen) {
    return std::ranges::any_of(seen.code,
                               [&](const decode::Code& code) { return code.mapping.path == file; });
  };
  const auto [late, first_account] = watch({tiny}, {file, "50"}, true);
  CHECK(late.at(0).counters.code_lost > 0);
  CHECK_FALSE(told(late.at(0)));
  const auto [read, second_account] = watch({tiny}, {file, "2000"});
  CHECK(told(read.at(0)));
}

TEST_CASE("threads on every processor name only stacks that were told") {
  const auto [all, account] =
      watch({options(Stacks::automatic), options(Stacks::on)}, {program("hammer"), "4", "1"});
  for (const Seen& seen : all) {
    CHECK(seen.untold == 0);
    REQUIRE(seen.calls.size() > 1000);
    std::size_t none = 0;
    for (const auto& call : seen.calls) none += call.stack == StackId::none;
    CHECK(none <= seen.counters.stacks_lost);
    CHECK(seen.stacks.size() < 64); // two places, and what is left over on four stacks
  }
}
