// Every entry that is generated fits the finding that it was made of.
#include "report/suppressions.hpp"

#include "places.hpp"
#include "support/catch.hpp"

#include <random>

using namespace mlockscope;
using namespace report;

namespace {

Suppression parsed(const std::string& text) {
  INFO(text);
  auto entries = parse_suppressions(text, "generated");
  if (!entries) FAIL(entries.error().message());
  REQUIRE(entries.value().size() == 1);
  return entries.value()[0];
}

class Random {
public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(engine_);
  }

  /// Any bytes, with those that mean something in an entry more often than others.
  std::string name() {
    static constexpr std::string_view special = "\"\\*? #{}:\n\r\t/.0xfun:module:\xff";
    std::string text;
    for (std::size_t left = below(8) == 0 ? 600 : below(12); left > 0; --left)
      text += below(2) == 0 ? special[below(special.size())] : static_cast<char>(1 + below(255));
    return text;
  }
  model::Stack stack() {
    model::Stack stack(below(7));
    for (model::Frame& frame : stack) {
      frame.addr = samples::page + below(4096);
      if (below(4) != 0) frame.symbol = below(5) == 0 ? "munlock" : name();
      if (below(4) != 0) frame.module = below(5) == 0 ? "/lib/libc.so.6" : "/lib/" + name();
    }
    return stack;
  }

private:
  std::mt19937 engine_;
};

} // namespace

TEST_CASE("an entry made of the sample, to the letter") {
  CHECK(suppression_for(samples::spill(), places::context()) == R"({
  # name: why-it-is-harmless
  kind: spill
  comm: demo
  unlocked-by: fun:wipe module:libkeys.so.1
  unlocked-by: fun:close_session module:libkeys.so.1
  unlocked-by: fun:main module:demo
  unlocked-by: fun:__libc_start_main module:libc.so.6
  locked-by: fun:make module:libkeys.so.1
  locked-by: fun:main module:demo
}
)");
}

TEST_CASE("the fields read right for each kind") {
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != text.npos;
  };
  CHECK(has(suppression_for(samples::lock_failed(), places::context()), "failed-by: fun:wipe"));
  const std::string forked = suppression_for(samples::forked(), places::context());
  CHECK(has(forked, "forked-by: fun:wipe"));
  CHECK_FALSE(has(forked, "locked-by: fun:make"));
  CHECK(has(suppression_for(samples::spill(), {}), "no stack is known"));
}

TEST_CASE("a generated entry fits its finding, whatever the names are") {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    model::Finding finding = samples::spill();
    finding.kind = model::kinds[random.below(model::kinds.size())];
    finding.call.caller.comm = samples::comm(random.name());
    Context context;
    context.call_stack = random.stack();
    context.victim_stack = random.stack();
    const std::string text = suppression_for(finding, context);
    INFO(text);
    const Suppression entry = parsed(text);
    REQUIRE(fits(entry, finding, context));
    model::Finding other = finding;
    other.kind = finding.kind == model::Kind::fork ? model::Kind::spill : model::Kind::fork;
    REQUIRE_FALSE(fits(entry, other, context));
  }
}

TEST_CASE("a generated entry fits wherever the program is loaded, and however it was compiled") {
  const Suppression entry = parsed(suppression_for(samples::spill(), places::context()));
  Context moved = places::context();
  for (model::Frame& frame : moved.call_stack) {
    frame.addr += 0x123000;
    frame.offset += 4;
    frame.module_offset += 4;
  }
  CHECK(fits(entry, samples::spill(), moved));
}

TEST_CASE("a generated entry holds no address, also where a name does") {
  Context context = places::context();
  context.call_stack[1].symbol = "stub_0x7f00deadb000_exit";
  context.call_stack[1].module = "/tmp/jit-0x7f00deadb000.so";
  const std::string text = suppression_for(samples::spill(), context);
  CHECK(text.find("deadb") == std::string::npos);
  context.call_stack[1].symbol = "stub_0x7f00feedb000_exit";
  context.call_stack[1].module = "/tmp/jit-0x7f00feedb000.so";
  CHECK(fits(parsed(text), samples::spill(), context));
}

TEST_CASE("a generated entry does not fit another place") {
  const Suppression entry = parsed(suppression_for(samples::spill(), places::context()));
  Context other = places::context();
  other.call_stack[1].symbol = "wipe_all";
  CHECK_FALSE(fits(entry, samples::spill(), other));
  other = places::context();
  other.victim_stack[1].module = "/usr/bin/demo";
  CHECK_FALSE(fits(entry, samples::spill(), other));
}
