// Calls come in the order in which they return, and leave in that in which the kernel did them.
#include "model/kernel_order.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace mlockscope::model;

namespace {

constexpr Time second = 1'000'000'000;
constexpr SpaceId one{1}, other{2};

/// A call as the probes tell it that read its words under the lock, with others beside it.
CallEvent call(std::uint32_t number, SpaceId space = one) {
  CallEvent event;
  event.space = space;
  event.call = Call::munlock;
  event.sequence = number;
  event.settled = number != 0;
  event.overlapped = true;
  event.before.locked = event.after.locked = KernelWord::Locked::none;
  return event;
}

FaultEvent fault(SpaceId space) {
  FaultEvent event;
  event.space = space;
  event.time = second;
  return event;
}

/// What comes out, in words: "5" is call number 5, whose order is known; "5?" one whose order is
/// not; "5??" one that has lost its words, too.
class Line {
public:
  Line& take(CallEvent event) {
    event.exit = now;
    order.take(std::move(event));
    return *this;
  }
  Line& calls(std::initializer_list<std::uint32_t> numbers) {
    for (const std::uint32_t number : numbers) take(call(number));
    return *this;
  }
  /// What has been lost of the address space by the time of this call.
  Line& after_loss(std::uint64_t lost, std::uint32_t number) {
    CallEvent event = call(number);
    event.lost = lost;
    return take(std::move(event));
  }
  Line& wait(Time time) {
    now += time;
    order.take(TickEvent{now});
    return *this;
  }
  std::string told() { return std::exchange(text_, ""); }

  KernelOrder order{[this](const Event& event) { note(event); }};
  Time now = second;
  Time ticked = 0;

private:
  void note(const Event& event) {
    std::ostringstream text;
    if (const auto* done = std::get_if<CallEvent>(&event))
      text << (done->space == one ? "" : "other:") << done->sequence
           << (done->overlapped ? "?" : "") << (done->before.known() ? "" : "?");
    else if (const auto* tick = std::get_if<TickEvent>(&event))
      ticked = tick->time;
    else
      text << (std::holds_alternative<EndEvent>(event)     ? "end"
               : std::holds_alternative<ForkEvent>(event)  ? "fork"
               : std::holds_alternative<FaultEvent>(event) ? "fault"
               : std::holds_alternative<SwapEvent>(event)  ? "swap"
               : std::holds_alternative<LostEvent>(event)  ? "lost"
                                                           : "list");
    if (text.str().empty()) return;
    text_ += (text_.empty() ? "" : " ") + text.str();
  }

  std::string text_;
};

} // namespace

TEST_CASE("calls in the kernel's order pass at once, and their order is known") {
  Line line;
  CHECK(line.calls({1, 2, 3}).told() == "1 2 3");
  CHECK_FALSE(line.order.any_waiting());
  CHECK(line.order.next_due() == ~Time{0});
}

TEST_CASE("a call waits for the one before it, and then leaves at once") {
  Line line;
  CHECK(line.calls({1, 3}).told() == "1");
  CHECK(line.order.any_waiting());
  CHECK(line.calls({2}).told() == "2 3");
  CHECK(line.calls({6, 7, 5}).told() == "");
  CHECK(line.calls({4}).told() == "4 5 6 7");
  CHECK_FALSE(line.order.any_waiting());
}

TEST_CASE("also the first call waits for those that came before it") {
  Line line;
  CHECK(line.calls({3, 2}).told() == "");
  CHECK(line.calls({1}).told() == "1 2 3");
}

TEST_CASE("an address space whose first calls nobody saw begins with the first that is seen") {
  Line line;
  CHECK(line.calls({5000, 5002, 5001}).told() == "5000 5001 5002");
  Line after_a_loss;
  CHECK(after_a_loss.after_loss(2, 3).told() == "3");
}

TEST_CASE("a call whose words are not of the lock keeps what the probes said of it") {
  Line line;
  CallEvent event = call(1);
  event.settled = false;
  CHECK(line.take(event).told() == "1?");
  event.overlapped = false;
  event.sequence = 2;
  CHECK(line.take(event).told() == "2");
}

TEST_CASE("a call without a number passes as it is, unless something before it waits") {
  Line line;
  CHECK(line.calls({0, 1, 0}).told() == "0? 1 0?");
  CHECK(line.calls({3, 0, 4, 0}).told() == "");
  CHECK(line.calls({2}).told() == "2 3 0? 4 0?");
  CHECK(line.calls({6, 0, 8, 5}).told() == "5 6 0?");
  CHECK(line.calls({7}).told() == "7 8");
}

TEST_CASE("faults and swapped pages stay behind the calls that came before them") {
  Line line;
  line.calls({2});
  line.order.take(fault(one));
  line.order.take(SwapEvent{one, line.now, {}});
  CHECK(line.told() == "");
  CHECK(line.calls({1}).told() == "1 2 fault swap");
}

TEST_CASE("address spaces do not wait for each other") {
  Line line;
  CHECK(line.calls({2}).take(call(1, other)).take(call(3, other)).told() == "other:1");
  line.order.take(fault(other));
  line.order.take(fault(SpaceId{3}));
  CHECK(line.told() == "fault");
  CHECK(line.take(call(2, other)).told() == "other:2 other:3 fault");
  CHECK(line.calls({1}).told() == "1 2");
}

TEST_CASE("numbers go on after the last one there is, and 0 is none") {
  Line line;
  CHECK(line.calls({UINT32_MAX - 1, 1, UINT32_MAX, 2}).told() == "4294967294 4294967295 1 2");
}

TEST_CASE("a number that does not come at the wrap is one number") {
  Line line;
  CHECK(line.calls({UINT32_MAX - 1, 1}).told() == "4294967294");
  CHECK(line.after_loss(1, 2).told() == "1? 2?"); // not two
}

TEST_CASE("as many missing calls as were lost are not waited for") {
  Line line;
  CHECK(line.calls({1, 3}).told() == "1");
  CHECK(line.after_loss(1, 4).told() == "3? 4?"); // what was lost may have been something else
  CHECK(line.calls({5}).told() == "5?");
  CHECK(line.after_loss(3, 8).told() == "8?");
  CHECK_FALSE(line.order.any_waiting());
}

TEST_CASE("a loss that is told before the gap it has made is remembered") {
  Line line;
  CHECK(line.calls({1}).after_loss(1, 2).told() == "1 2");
  CHECK(line.after_loss(1, 4).told() == "4?");
  CHECK(line.after_loss(1, 6).told() == ""); // that one is another
}

TEST_CASE("more missing calls than were lost are waited for") {
  Line line;
  CHECK(line.calls({1, 4}).after_loss(1, 5).told() == "1");
  CHECK(line.after_loss(1, 2).told() == "2 4? 5?");
}

TEST_CASE("a loss may also be told by a call without a number") {
  Line line;
  CHECK(line.calls({1, 3}).told() == "1");
  CHECK(line.after_loss(1, 0).told() == "3? 0?");
}

TEST_CASE(
    "what has waited too long is given on, and the one it waited for knows nothing any more") {
  Line line;
  line.calls({1, 3, 0, 4, 7});
  CHECK(line.order.next_due() == line.now + KernelOrder::patience);
  CHECK(line.wait(KernelOrder::patience - 1).told() == "1");
  CHECK(line.calls({8}).told() == "");
  CHECK(line.wait(1).told() == "3? 0? 4? 7? 8?");
  CHECK(line.calls({9}).told() == "9?"); // 2, 5 and 6 may still be under way
  CHECK(line.calls({5, 2, 6}).told() == "5?? 2?? 6??");
  CHECK(line.calls({10}).told() == "10");
}

TEST_CASE("each waits for itself: what came later may wait longer") {
  Line line;
  line.calls({1, 3}).wait(second / 2).calls({5});
  CHECK(line.told() == "1");
  CHECK(line.wait(second / 2).told() == "3?");
  CHECK(line.wait(second / 2 - 1).told() == "");
  CHECK(line.wait(1).told() == "5?");
}

TEST_CASE("time passes by the calls, too") {
  Line line;
  line.calls({1, 3});
  line.now += 2 * second;
  CHECK(line.calls({5}).told() == "1 3?");
}

TEST_CASE("for the model, time has not passed what it has not been told") {
  Line line;
  line.calls({2});
  const Time then = line.now;
  CHECK(line.wait(second / 2).ticked == then);
  line.calls({1});
  CHECK(line.wait(1).ticked == line.now);
}

TEST_CASE("after a list of the kernel's nothing from before it is to come") {
  Line line;
  line.calls({1, 3}).wait(second);
  CHECK(line.calls({4}).told() == "1 3? 4?");
  line.order.settle(one);
  CHECK(line.calls({5}).told() == "5");
  CHECK(line.after_loss(4, 6).told() == "6");
  line.order.settle(one);
  CHECK(line.after_loss(4, 8).told() == "8?"); // one of the four
  CHECK(line.after_loss(4, 10).told() == "");  // the others had no number
  line.order.settle(other);
}

TEST_CASE("only so much waits: of one address space") {
  Line line;
  line.calls({1}).told();
  for (std::uint32_t n = 0; n < KernelOrder::most_waiting_of_one; ++n) line.calls({3 + n});
  CHECK(line.told() == "");
  line.calls({2000000});
  CHECK_FALSE(line.order.any_waiting());
  CHECK(line.calls({2}).told().ends_with("2000000? 2??"));
}

TEST_CASE("only so much waits: of all together") {
  Line line;
  const std::size_t spaces = KernelOrder::most_waiting / 4;
  for (std::uint32_t space = 1; space <= spaces; ++space)
    for (const std::uint32_t number : {2u, 3u, 4u, 5u}) line.take(call(number, SpaceId{space}));
  CHECK(line.told() == "");
  CHECK(line.calls({6}).told() == "2? 3? 4? 5? 6?");
  CHECK(line.take(call(6, other)).told() == "");
}

TEST_CASE("what waits goes before the end of its address space, and before a fork") {
  Line line;
  line.calls({2}).take(call(2, other));
  line.order.take(ForkEvent{.parent = one, .child = SpaceId{7}, .caller = {}});
  CHECK(line.told() == "2? fork");
  line.order.take(EndEvent{other, line.now});
  CHECK(line.told() == "other:2? end");
  CHECK(line.take(call(1, other)).told() == "other:1"); // nothing is left of it
}

TEST_CASE("what waits goes before a loss that is told by itself") {
  Line line;
  line.calls({2}).take(call(2, other));
  line.order.take(LostEvent{.count = 1, .time = line.now, .cause = "test", .harmless = true});
  CHECK(line.told() == "lost");
  line.order.take(LostEvent{.count = 1, .time = line.now, .cause = "test", .space = one});
  CHECK(line.told() == "2? lost");
  line.order.take(LostEvent{.count = 1, .time = line.now, .cause = "test"});
  CHECK(line.told() == "other:2? lost");
}

TEST_CASE("a list of the kernel's is placed by who brings it") {
  Line line;
  line.calls({2});
  line.order.take(SnapshotEvent{.space = one, .pid = 1, .comm = {}, .mappings = {}});
  CHECK(line.told() == "list");
}

TEST_CASE("at the end everything is given on") {
  Line line;
  line.calls({1, 3, 0, 9}).take(call(4, other));
  line.order.finish();
  const std::string told = line.told();
  CHECK((told == "1 3? 0? 9? other:4?" || told == "1 other:4? 3? 0? 9?"));
}

TEST_CASE("numbers such as no kernel gives end nothing but themselves") {
  Line line;
  CHECK(line.calls({1, 1, 2, 4, 4, 3}).told() == "1 1?? 2 3 4 4??");
  line.calls({4 + (1u << 31), 5 + (1u << 31)}).wait(second);
  CHECK_FALSE(line.order.any_waiting());
}
