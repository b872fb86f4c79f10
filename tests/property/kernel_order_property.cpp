// Threads that lock and unlock the same few pages, whatever their calls take to return: put into
// the kernel's order, the calls give what they would have given one after the other.
#include "model/kernel_order.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <optional>

using namespace mlockscope::test;

namespace {

constexpr std::uint64_t page = 4096, pages = 4;
constexpr std::size_t threads = 4;
constexpr Time step = 1000; ///< from one call that holds the lock to the next

/// A call as drawn: its thread, what it is, where, how much, and how long it takes to begin and to
/// return.
using Draw = std::array<std::uint8_t, 6>;

enum class Calls {
  numbered,     ///< all hold the lock
  some_refused, ///< some are refused before they take it, and read their words when they like
};

/// What the threads did to one address space.
class Rivals {
public:
  Rivals(const std::vector<Draw>& draws, Calls calls) : calls_(calls) {
    kernel_.put(p, pages * page);
    for (const Draw& draw : draws) make(draw);
    now_ += 1000 * step;
    return_until(now_);
    for (auto& each : made_) each.event.overlapped = overlaps(each.event);
    for (auto& each : made_)
      each.event.settled = each.event.sequence != 0 && !beside_refused(each.event);
  }

  /// In the order in which they held the lock; one after the other, nothing is beside anything.
  [[nodiscard]] std::vector<CallEvent> serial() const {
    std::vector<CallEvent> all;
    for (const auto& each : made_) all.push_back(each.event);
    for (auto& each : all) each.overlapped = false;
    return all;
  }
  /// As they returned.
  [[nodiscard]] std::vector<CallEvent> arriving() const {
    std::vector<CallEvent> all;
    for (const auto& each : made_) all.push_back(each.event);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.exit < b.exit; });
    return all;
  }
  [[nodiscard]] const SimKernel& kernel() const { return kernel_; }
  [[nodiscard]] SnapshotEvent list() const {
    SnapshotEvent list;
    list.space = kernel_.id;
    list.pid = 7;
    list.time = now_;
    list.calls_before = made_.size();
    list.locks_future = kernel_.future;
    list.mappings = kernel_.mappings();
    return list;
  }

private:
  struct Made {
    CallEvent event;
    bool returned = false;
  };

  /// The next call that holds the lock, or would, unless its thread is in another one.
  void make(const Draw& draw) {
    now_ += step;
    return_until(now_);
    const std::size_t thread = draw[0] % threads;
    if (free_[thread] >= now_) return;
    const bool refused = calls_ == Calls::some_refused && draw[5] % 8 == 0;
    if (refused) kernel_.refuse = 1;
    CallEvent event = drawn(draw);
    kernel_.refuse = 0;
    event.caller = {.pid = 7, .tid = static_cast<std::uint32_t>(thread), .uid = 0, .comm = {}};
    event.born_clean = true;
    const Time since = std::max(free_[thread] + 1, now_ - draw[4] % 8u * (step / 2) - 1);
    event.enter = std::min(since, now_);
    event.exit = now_ + 1 + draw[3] % 8u * step;
    event.sequence = refused ? 0 : ++numbers_;
    free_[thread] = event.exit;
    made_.push_back({std::move(event)});
  }

  CallEvent drawn(const Draw& draw) {
    const Address at = p + draw[2] % pages * page + draw[2] / pages % 4u * 100;
    const std::uint64_t len = 1 + draw[4] % 3u * (page - 50);
    switch (draw[1] % 16) {
    case 15:
      if (calls_ == Calls::numbered) return kernel_.munlockall();
      break;
    case 14:
      if (calls_ == Calls::numbered) return kernel_.mlockall(1);
      break;
    default:
      break;
    }
    return draw[1] % 2 == 0 ? kernel_.mlock(at, len) : kernel_.munlock(at, len);
  }

  /// A refused call reads its second word when it returns.
  void return_until(Time now) {
    for (auto& each : made_) {
      if (each.returned || each.event.exit > now) continue;
      each.returned = true;
      if (each.event.sequence == 0) each.event.after = kernel_.word(each.event.before.walked);
    }
  }

  static bool beside(const CallEvent& a, const CallEvent& b) {
    return &a != &b && a.enter <= b.exit && b.enter <= a.exit;
  }
  [[nodiscard]] bool overlaps(const CallEvent& event) const {
    return std::any_of(made_.begin(), made_.end(),
                       [&](const Made& other) { return beside(event, other.event); });
  }
  [[nodiscard]] bool beside_refused(const CallEvent& event) const {
    return std::any_of(made_.begin(), made_.end(), [&](const Made& other) {
      return other.event.sequence == 0 && beside(event, other.event);
    });
  }

  Calls calls_;
  SimKernel kernel_{PageSize(page), SpaceId{1}};
  std::vector<Made> made_;
  std::array<Time, threads> free_{};
  std::uint32_t numbers_ = 0;
  Time now_ = step;
};

/// The model, fed as the tracer feeds it: a list that it asks for is read when all is quiet.
struct Told {
  Recorder out;
  Correlator model{PageSize(page), out};
  KernelOrder order{[this](const Event& event) { model.handle(event); }};

  void finish(const Rivals& rivals) {
    order.finish();
    if (!out.asked.empty()) model.handle(rivals.list());
  }
  /// The first page of which the model and the kernel do not say the same; nothing if there is
  /// none.
  [[nodiscard]] std::optional<Address> difference(const SimKernel& kernel) const {
    const auto locked = model.locked_pages(kernel.id);
    for (Address at = p; at < p + pages * page; at += page) {
      const bool has = std::any_of(locked.begin(), locked.end(), [&](PageRange range) {
        return range.start <= at && at < range.end;
      });
      if (has != kernel.locked(at)) return at;
    }
    return std::nullopt;
  }
};

void serve(Told& told, const std::vector<CallEvent>& calls) {
  for (const CallEvent& call : calls) told.order.take(call);
}

rc::Gen<std::vector<Draw>> draws() {
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Draw>>(
                                 rc::gen::container<Draw>(rc::gen::arbitrary<std::uint8_t>())));
}

} // namespace

TEST_CASE("calls that all hold the lock give what they give one after the other") {
  std::size_t reordered = 0, verified = 0;
  CHECK(rc::check([&] {
    const Rivals rivals(*draws(), Calls::numbered);
    Told raced, serial;
    serve(raced, rivals.arriving());
    RC_ASSERT(!raced.order.any_waiting()); // all have come, so nothing is waited for
    for (const CallEvent& call : rivals.serial()) serial.model.handle(call);
    RC_ASSERT(raced.out.lines == serial.out.lines);
    RC_ASSERT(raced.model.totals().divergences == 0u);
    raced.finish(rivals);
    RC_ASSERT(!raced.difference(rivals.kernel()));
    RC_ASSERT(raced.model.totals().divergences == 0u);
    const auto arriving = rivals.arriving();
    reordered +=
        !std::is_sorted(arriving.begin(), arriving.end(),
                        [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    for (const Finding& finding : raced.out.findings)
      verified += finding.confidence == Confidence::verified;
  }));
  CHECK(reordered > 100); // or it has not seen what it is about
  CHECK(verified > 100);
}

TEST_CASE("beside calls without a number the model still ends where the kernel ends") {
  CHECK(rc::check([&] {
    const Rivals rivals(*draws(), Calls::some_refused);
    Told told;
    serve(told, rivals.arriving());
    told.finish(rivals);
    RC_ASSERT(!told.difference(rivals.kernel()));
    RC_ASSERT(told.model.totals().divergences == 0u);
  }));
}

TEST_CASE("calls that come too late or never leave no lasting error") {
  CHECK(rc::check([&] {
    const Rivals rivals(*draws(), Calls::numbered);
    Told told;
    auto calls = rivals.arriving();
    const auto late = calls.empty() ? 0 : *rc::gen::inRange<std::size_t>(0, calls.size());
    for (CallEvent& call : calls) // it is under way all the time
      call.overlapped = call.overlapped || call.exit >= calls[late].enter;
    for (std::size_t n = 0; n < calls.size(); ++n)
      if (n != late) told.order.take(calls[n]);
    told.order.take(TickEvent{10 * KernelOrder::patience});
    RC_ASSERT(!told.order.any_waiting());
    if (late < calls.size()) told.order.take(calls[late]);
    RC_ASSERT(told.model.totals().divergences == 0u);
    told.finish(rivals);
    RC_ASSERT(!told.difference(rivals.kernel()));
  }));
}
