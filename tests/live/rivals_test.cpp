// Two threads lock and unlock the same page against each other: at each moment in which they stand
// still the model has it as the kernel has it, and what their order cannot settle is not claimed.
//
// The tracing is recorded, and the recording judged again here, call by call: it has the calls in
// the order in which the tracer judged them, and what it knew of each.
#include "support.hpp"

#include "model/correlator.hpp"
#include "recording/reader.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdlib>

using namespace mlockscope;
using namespace mlockscope::live;
using model::KernelWord;

namespace {

/// How many a thread; fewer where everything is slow.
std::string rounds() {
  const char* const wanted = std::getenv("MLOCKSCOPE_TEST_ROUNDS");
  return wanted == nullptr || *wanted == '\0' ? "500000" : wanted;
}

/// What the program said of itself.
struct Account {
  explicit Account(const std::string& out) : told(Json::parse(out)) {}
  [[nodiscard]] model::Address page() const { return address(told.at("page")); }
  [[nodiscard]] model::Address marker() const { return address(told.at("marker")); }
  Json told;
};

/// Watches the verdicts on the calls about one page.
class Referee final : public model::Output {
public:
  explicit Referee(model::Address page) : page_(page) {}

  void call(const model::CallEvent& call, const model::CallReading& reading) override {
    now_overlapped_ = call.overlapped;
    const bool locks = call.call == model::Call::mlock || call.call == model::Call::munlock;
    if (!locks || !reading.applied || reading.applied->start != page_) return;
    ++calls;
    overlapped += call.overlapped;
    // one that came too late to be put in its place has no word any more
    const bool known = last_word_ != KernelWord::Locked::unknown;
    broken += !call.overlapped && known && reading.before != last_word_;
    last_word_ = reading.after;
  }
  void finding(const model::Finding& finding) override {
    const bool verified = finding.confidence == model::Confidence::verified;
    ++(now_overlapped_ ? unsettled : settled)[verified ? 1 : 0];
  }
  void exposure(const model::Exposure&) override {}
  void fault(const model::FaultEvent&, const model::FaultReading&) override {}
  void lost(const model::LostEvent& event) override { events_lost += event.count; }
  void snapshot_wanted(model::SpaceId, std::uint32_t) override {}
  void exposing(model::SpaceId, std::uint32_t, bool) override {}

  std::uint64_t calls = 0, overlapped = 0, events_lost = 0;
  /// Calls with nothing beside them that found the page other than the call before had left it.
  std::uint64_t broken = 0;
  /// Findings by calls whose order is known or not, and how many of them claim to be verified.
  std::array<std::uint64_t, 2> settled{}, unsettled{};

private:
  model::Address page_;
  bool now_overlapped_ = false;
  KernelWord::Locked last_word_ = KernelWord::Locked::none;
};

class Judged {
public:
  Judged(const std::string& file, const Account& account)
      : account_(account), referee(account.page()) {
    auto reader = recording::Reader::open(file);
    REQUIRE(reader);
    backend = reader.value().origin().backend;
    model_.emplace(model::PageSize(reader.value().origin().page_size), referee);
    for (;;) {
      const auto entry = reader.value().next();
      if (!entry) FAIL(entry.error().message());
      if (entry.value() == nullptr) break;
      if (std::holds_alternative<recording::Gap>(*entry.value())) FAIL("the disk is too slow");
      if (const auto* event = std::get_if<model::Event>(entry.value())) take(*event);
    }
  }

private:
  const Account& account_;
  std::optional<model::Correlator> model_;

  void take(const model::Event& event) {
    if (const auto* call = std::get_if<model::CallEvent>(&event);
        call != nullptr && call->call == model::Call::mlock && call->addr == account_.marker())
      compare(*call);
    model_->handle(event);
  }

  /// Both rivals stand still, and one says what smaps says.
  void compare(const model::CallEvent& call) {
    ++legs;
    if (referee.events_lost != 0 && !is_complete()) return; // what it does not know it may not have
    ++compared;
    const auto locked = model_->locked_pages(call.space);
    const bool has = std::any_of(locked.begin(), locked.end(), [&](model::PageRange range) {
      return range.start <= account_.page() && account_.page() < range.end;
    });
    wrong += has != account_.told.at("locked").at(call.len - 1).get<bool>();
  }

  [[nodiscard]] bool is_complete() const {
    bool complete = true;
    model_->visit_holdings([&](const model::Holdings& each) { complete &= each.complete; });
    return complete;
  }

public:
  Referee referee;
  std::string backend;
  std::size_t legs = 0, compared = 0, wrong = 0;

  [[nodiscard]] const model::Totals& totals() const { return model_->totals(); }
};

/// Where the ring was too small, what is missing is counted, and the rest is as right.
void check_legs(const Judged& judged, const Account& account) {
  CHECK(judged.wrong == 0);
  CHECK(judged.totals().divergences == 0);
  const std::size_t legs = account.told.at("locked").size();
  const std::uint64_t calls = judged.referee.calls + 2 * legs;
  if (judged.referee.events_lost != 0) {
    WARN("lost " << judged.referee.events_lost << ", compared at " << judged.compared);
    CHECK(calls + judged.referee.events_lost >= account.told.at("calls").get<std::uint64_t>());
    return;
  }
  CHECK(judged.legs == legs);
  CHECK(judged.compared == legs);
  CHECK(calls == account.told.at("calls").get<std::uint64_t>());
}

/// A word that was read under the lock is what the call before has left there; so the order in
/// which the calls were judged is the order in which they held it.
void check_order_known(const Referee& referee) {
  CHECK(referee.overlapped * 100 <= referee.calls);
  CHECK(referee.broken == 0);
  CHECK(referee.settled[1] > 0);
}

/// The words are read before and after. Whatever was beside a call may have been first or last.
void check_order_not_claimed(const Referee& referee) {
  CHECK(referee.overlapped > 0);
  CHECK(referee.unsettled[0] > 0);
}

void check(const std::string& mode) {
  need_root();
  const Folder folder;
  const std::string file = folder.path("r.mls");
  // Findings are as many as rounds: they are looked at in the recording.
  const Trace trace =
      run({"--buffer", "256M", "--stacks", "off", "--kind", "swapped", "--record", file},
          {program("rivals"), rounds(), mode});
  INFO(trace.err);
  REQUIRE(trace.ending == "exit 0");
  const Account account(trace.out);
  REQUIRE(account.told.at("failed") == 0);
  const Judged judged(file, account);
  const Referee& referee = judged.referee;
  INFO(judged.backend << ": " << account.told.at("calls") << " calls, " << referee.overlapped
                      << " overlapped, " << referee.events_lost << " lost; findings "
                      << referee.settled[1] << " verified, " << referee.settled[0]
                      << " not; by overlapped calls " << referee.unsettled[1] << " verified, "
                      << referee.unsettled[0] << " not");
  CHECK(trace.summary().at("lost") == referee.events_lost);
  CHECK(trace.summary().at("divergences") == 0);
  check_legs(judged, account);
  CHECK(referee.unsettled[1] == 0);
  if (judged.backend == "tracepoint")
    check_order_not_claimed(referee);
  else
    check_order_known(referee);
}

} // namespace

TEST_CASE("of threads that lock the same bytes against each other the model is right") {
  check("same");
}

TEST_CASE("of threads that lock bytes of one page against each other the model is right") {
  check("apart");
}
