// With the real resolver, on code of this process.
#include "cli/namer.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <csignal>
#include <unistd.h>

using namespace mlockscope;
using cli::Namer;
using model::SpaceId;
using model::StackId;

namespace {

constexpr model::Time now = 1'000'000'000;
constexpr std::chrono::seconds patience{30};

void a_place_with_a_name() { CHECK(true); }

/// As the probes number it.
model::UserStack stack(std::uint64_t number) {
  return {.id = StackId{number},
          .space = SpaceId{1},
          .pid = static_cast<std::uint32_t>(::getpid()),
          .time = now,
          .addresses = {reinterpret_cast<model::Address>(&a_place_with_a_name)},
          .copy = std::nullopt};
}

struct Naming {
  explicit Naming(Namer::When when)
      : resolver(symbols::Resolver::start({}).take()),
        namer(*resolver, names, code, nullptr, when) {}
  [[nodiscard]] bool named(std::uint64_t number) const {
    const auto name = names.find(StackId{number});
    if (name == nullptr || !name->decided || name->named.empty()) return false;
    const auto& symbol = name->named[0].symbol;
    return symbol && symbol->find("a_place_with_a_name") != std::string::npos;
  }

  std::unique_ptr<symbols::Resolver> resolver;
  cli::StackNames names;
  cli::CodeLists code;
  Namer namer;
};

} // namespace

TEST_CASE("a stack that is seen is named, under a small number of its own") {
  Naming naming(Namer::When::seen);
  naming.namer.seen(stack(0xfeed), now);
  naming.namer.seen(stack(0xbeef), now);
  naming.namer.seen(stack(0xfeed), now); // told again
  CHECK(naming.namer.number(StackId{0xfeed}) == StackId{1});
  CHECK(naming.namer.number(StackId{0xbeef}) == StackId{2});
  CHECK(naming.namer.number(StackId::none) == StackId::none);
  naming.namer.finish(patience);
  CHECK(naming.named(1));
  CHECK(naming.named(2));
  CHECK(naming.names.find(StackId{3}) == nullptr);
}

TEST_CASE("more stacks at once than the resolver takes are named all the same") {
  Naming naming(Namer::When::seen);
  constexpr std::uint64_t many = 10'000;
  for (std::uint64_t n = 1; n <= many; ++n) naming.namer.seen(stack(n), now);
  naming.namer.finish(patience);
  std::uint64_t named = 0;
  for (std::uint64_t n = 1; n <= many; ++n) named += naming.named(n) ? 1 : 0;
  CHECK(named == many);
  CHECK(naming.resolver->counters().refused == 0);
}

TEST_CASE("a stack of a whole system is named when a finding wants it") {
  Naming naming(Namer::When::wanted);
  naming.namer.seen(stack(1), now);
  naming.namer.seen(stack(2), now);
  naming.namer.want(StackId{2});
  naming.namer.want(StackId{7}); // never seen
  naming.namer.finish(patience);
  CHECK_FALSE(naming.named(1));
  CHECK(naming.named(2));
  CHECK(naming.resolver->counters().requests == 1);
}

TEST_CASE("what was given up stays without a name") {
  Naming naming(Namer::When::seen);
  naming.namer.seen(stack(1), now);
  naming.namer.give_up(StackId{1});
  naming.namer.finish(patience);
  CHECK_FALSE(naming.named(1));
  CHECK_FALSE(naming.names.undecided(StackId{1}));
}

TEST_CASE("a number that was never told, or is forgotten, is counted and asked for once") {
  Naming naming(Namer::When::wanted);
  CHECK(naming.namer.number(StackId{5}) == StackId::none);
  CHECK(naming.namer.number(StackId{5}) == StackId::none);
  CHECK(naming.namer.forgotten() == 2);
  CHECK(naming.namer.take_forgotten() == std::vector{StackId{5}});
  CHECK(naming.namer.take_forgotten().empty());
  naming.namer.seen(stack(5), now);
  CHECK(naming.namer.number(StackId{5}) == StackId{1});
}

TEST_CASE("when the process that opens files has died, nothing has names and nobody waits") {
  Naming naming(Namer::When::seen);
  REQUIRE(::kill(naming.resolver->broker_pid(), SIGKILL) == 0);
  for (std::uint64_t n = 1; n <= 2000; ++n) naming.namer.seen(stack(n), now);
  naming.namer.finish(patience);
  for (std::uint64_t n = 1; n <= 2000; ++n) CHECK_FALSE(naming.names.undecided(StackId{n}));
}
