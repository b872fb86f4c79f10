#include "support/catch.hpp"
#include "tape.hpp"

using namespace mlockscope;
using namespace mlockscope::cli;
using model::Call;

namespace {

Rules on_pages_of(std::uint64_t bytes) { return {.platform = nullptr, .page_size = bytes}; }

recording::Gap gap(std::uint64_t entries, model::Time time,
                   std::vector<std::pair<model::SpaceId, std::uint64_t>> spaces) {
  return {.entries = entries, .time = time, .cause = "slow", .spaces = std::move(spaces)};
}

} // namespace

TEST_CASE("a tape that ends in good order is whole") {
  Tape tape;
  tape.spill(1).put(recording::Ended{tape.now() + 500});
  const Played played(tape);
  CHECK(played.status.ok());
  CHECK(played.player.whole());
  CHECK(played.player.ended() == tape.now() + 500);
  REQUIRE(played.heard.findings.size() == 1);
  CHECK(played.heard.findings[0].kind == model::Kind::spill);
}

TEST_CASE("one that is torn is judged up to there, and says so") {
  Tape tape;
  tape.spill(1).damaged = true;
  const Played played(tape);
  CHECK_FALSE(played.status.ok());
  CHECK_FALSE(played.player.whole());
  CHECK(played.heard.findings.size() == 1);
  Tape cut;
  const Played played_cut(cut.spill(1));
  CHECK(played_cut.status.ok());
  CHECK_FALSE(played_cut.player.whole());
}

TEST_CASE("where mappings begin is remembered after the last unlock, if all were recorded") {
  for (const bool all : {true, false}) {
    Tape tape;
    tape.origin_.all_mappings = all;
    tape.call(1, Call::mmap, Tape::page, 65536)
        .call(1, Call::mlock, Tape::page, 32)
        .call(1, Call::munlock, Tape::page, 32)
        .call(1, Call::mlock, Tape::page, 4096)
        .call(1, Call::mlock, Tape::page + 4096, 4096)
        .call(1, Call::munlock, Tape::page, 4096);
    const Played played(tape, {}, on_pages_of(16384));
    // Else the addresses themselves decide, by which the two are on different pages.
    CHECK(played.heard.findings.size() == (all ? 1 : 0));
  }
}

TEST_CASE("by the recorded rules nothing is translated") {
  Tape tape;
  const Played same(tape.spill(1), {}, on_pages_of(4096));
  CHECK(same.player.platform() == nullptr);
  Tape other;
  const Played larger(other.spill(1), {}, on_pages_of(16384));
  REQUIRE(larger.player.platform() != nullptr);
  CHECK(larger.player.platform()->name == "linux");
  CHECK(larger.player.page_size() == model::PageSize(16384));
  Tape cygwin;
  const Played granule(cygwin.spill(1), {},
                       {.platform = model::find_platform("cygwin"), .page_size = {}});
  CHECK(granule.player.page_size() == model::PageSize(65536));
}

TEST_CASE("behind a gap, lists find their places again, and losses are told once") {
  Tape tape;
  tape.spill(1).spill(2);
  // Of address space 1, four calls are missing; 2 has ended; 3 was born.
  tape.put(gap(10, tape.now() + 1, {{model::SpaceId{1}, 7}, {model::SpaceId{3}, 2}}));
  model::SnapshotEvent list;
  list.space = model::SpaceId{1};
  list.pid = 1;
  list.time = tape.now() + 2;
  list.calls_before = 7;
  list.mappings = {{.pages = {Tape::page, Tape::page + 65536}}};
  tape.put(model::Event(list)).spill(1);
  const Played played(tape);
  std::uint64_t lost = 0;
  for (const auto& each : played.heard.losses) {
    CHECK(each.count != 0);
    lost += each.count;
  }
  CHECK(lost == 10);
  CHECK(played.player.correlator().calls_seen(model::SpaceId{1}) == 10);
  CHECK(played.player.correlator().totals().divergences == 0);
  CHECK(played.heard.findings.size() == 3);
  const auto alive = played.player.correlator().address_spaces();
  CHECK(std::none_of(alive.begin(), alive.end(),
                     [](const auto& each) { return each.first == model::SpaceId{2}; }));
}

TEST_CASE("more address spaces than can be are an error, not memory") {
  Tape tape;
  for (std::uint64_t space = 1; space < 300'000; ++space)
    tape.put(recording::ProcessSeen{model::SpaceId{space}, 1, {}});
  const Played played(tape);
  REQUIRE_FALSE(played.status.ok());
  CHECK(played.status.error().message().find("alive at once") != std::string::npos);
  Tape churn;
  for (std::uint64_t space = 1; space < 300'000; ++space)
    churn.put(recording::ProcessSeen{model::SpaceId{space}, 1, {}})
        .put(model::Event(model::EndEvent{model::SpaceId{space}, churn.now()}));
  const Played gone(churn);
  CHECK(gone.status.ok());
  CHECK(gone.processes.all().empty());
}

TEST_CASE("times that cannot be do no harm") {
  Tape tape;
  tape.put(recording::Ended{0});
  const Played early(tape);
  CHECK(early.player.ended() >= tape.origin().began);
}
