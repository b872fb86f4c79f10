// Any events at all, also such as no kernel sends: nothing breaks, the same events give the same
// verdicts, and when every address space has ended nothing is left over.
#include "support/catch.hpp"
#include "support/story.hpp"

#include <rapidcheck.h>

using namespace mlockscope::test;

namespace {

using Draw = std::array<std::uint8_t, 12>;

Address odd_address(std::uint8_t drawn) {
  if (drawn % 16 == 15) return drawn % 32 == 15 ? Address{0} - drawn : drawn;
  return p + drawn / 4u * 4096u + (drawn % 4u) * 777u;
}

KernelWord odd_word(std::uint8_t drawn, Address from) {
  KernelWord word;
  word.locked = static_cast<KernelWord::Locked>(drawn % 4);
  const Address start = from & ~Address{4095};
  word.walked = {start, std::max(start, start + drawn / 32u * 4096u)};
  word.hole = (drawn & 4) != 0;
  word.grows_down = (drawn & 24) == 24;
  if (word.locked == KernelWord::Locked::some && word.walked.size() > 4096)
    word.runs.push_back({start + 4096, start + 8192});
  return word;
}

CallEvent odd_call(const Draw& draw) {
  CallEvent event;
  event.space = SpaceId{draw[1] % 3u};
  event.call = static_cast<Call>(draw[2] % 11);
  event.addr = odd_address(draw[3]);
  event.len = draw[4] % 16 == 15 ? UINT64_MAX - draw[4] : draw[4] % 16 * 1000u;
  event.new_len = draw[5] % 16 * 1000u;
  event.new_addr = odd_address(draw[6]);
  event.flags = draw[7] % 4 == 0 ? 0x2010 : draw[7] % 8;
  const bool gives_address = event.call == Call::mmap || event.call == Call::mremap ||
                             event.call == Call::brk || event.call == Call::shmat;
  event.ret = draw[8] % 4 == 0 ? -(draw[8] % 32) - 1 : 0;
  if (event.ret == 0 && gives_address) event.ret = static_cast<std::int64_t>(odd_address(draw[9]));
  event.extent = {odd_address(draw[10]), odd_address(draw[10]) + draw[4] * 100u};
  if (event.extent.empty()) event.extent = {p, p + 1};
  event.before = odd_word(draw[9], event.addr);
  event.after = odd_word(draw[10], gives_address ? odd_address(draw[9]) : event.addr);
  event.old_after = odd_word(draw[6], event.addr);
  event.overlapped = draw[11] % 4 == 0;
  event.born_clean = draw[11] % 16 == 1;
  event.lost = draw[11] % 32 == 2 ? draw[8] % 3u : 0;
  return event;
}

Event odd_event(const Draw& draw, std::uint64_t calls) {
  const SpaceId space{draw[1] % 3u};
  switch (draw[0] % 32) {
  case 0:
    return ForkEvent{space, SpaceId{draw[2] % 3u}, {}, 7, 0};
  case 1:
    return EndEvent{space, 0};
  case 2:
    return LostEvent{1, 0, "test"};
  case 3:
    return TickEvent{draw[2] * 100'000'000u};
  case 4:
  case 5: {
    SnapshotEvent event{.space = space,
                        .pid = 7,
                        .comm = {},
                        .time = 0,
                        .calls_before = calls,
                        .lost = 0,
                        .mappings = {}};
    for (std::uint64_t n = 0; n < draw[2] % 8u; ++n)
      event.mappings.push_back(
          {{p + n * 8192, p + n * 8192 + 4096}, n % 2 == 0, n % 3 == 2, false});
    return event;
  }
  default:
    return odd_call(draw);
  }
}

struct Run {
  Recorder out;
  Correlator model{PageSize(4096), out, {.claims_per_space = 20, .findings_per_call = 5}};

  explicit Run(const std::vector<Draw>& draws) {
    Time now = 0;
    for (const Draw& draw : draws) {
      Event event = odd_event(draw, model.calls_seen(SpaceId{draw[1] % 3u}));
      if (auto* call = std::get_if<CallEvent>(&event)) call->exit = now += 1'000'000;
      model.handle(event);
    }
    RC_ASSERT(model.totals().exposures + out.exposures.size() <= out.findings.size());
    for (const std::uint64_t n : {0u, 1u, 2u}) model.handle(EndEvent{SpaceId{n}, now});
    model.finish(now);
  }
};

} // namespace

TEST_CASE("no events break the model, and the same ones give the same verdicts") {
  CHECK(rc::check([] {
    const auto draws =
        *rc::gen::scale(3.0, rc::gen::container<std::vector<Draw>>(
                                 rc::gen::container<Draw>(rc::gen::arbitrary<std::uint8_t>())));
    Run run(draws);
    const Totals& totals = run.model.totals();
    RC_ASSERT(totals.claims == 0u);
    RC_ASSERT(totals.exposures == 0u);
    RC_ASSERT(totals.address_spaces == 0u);
    RC_ASSERT(Run(draws).out.lines == run.out.lines);
  }));
}
