// Any events at all, also such as no kernel sends: nothing breaks, the same events give the same
// verdicts, and when every address space has ended nothing is left over.
#include "support/catch.hpp"
#include "support/story.hpp"

#include <rapidcheck.h>

#include <optional>

using namespace mlockscope::test;

namespace {

using Draw = std::array<std::uint8_t, 12>;

constexpr Time millisecond = 1'000'000;

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
  event.call = static_cast<Call>(draw[2] % 12);
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

/// An address space that may not be known, as a parent that was not traced.
SpaceId odd_space(std::uint8_t drawn) { return SpaceId{drawn % 16 == 15 ? 99 : drawn % 3u}; }

FaultEvent odd_fault(const Draw& draw, Time now) {
  FaultEvent event;
  event.space = odd_space(draw[1]);
  event.time = draw[2] % 16 == 15 ? ~Time{0} - draw[2] : now;
  event.addr = odd_address(draw[3]);
  event.major = draw[4] % 2 != 0;
  event.write = draw[5] % 2 != 0;
  if (draw[6] % 4 != 0) event.present = draw[6] % 2 != 0;
  event.from_swap = draw[7] % 4 == 0;
  return event;
}

/// As if looked at, or any pages.
SwapEvent odd_swap(const Draw& draw, const Correlator& model, Time now) {
  SwapEvent event{odd_space(draw[1]), now, {}, draw[6] % 4 == 0};
  if (draw[5] % 4 != 0) event.pages = model.exposed_pages(event.space);
  if (!event.pages.empty()) return event;
  Address at = odd_address(draw[2]) & ~Address{4095};
  for (unsigned n = 0; n < draw[3] % 4u; ++n, at += 8192)
    event.pages.push_back({at, at + (draw[4] >> n) % 3u * 4096});
  return event;
}

SnapshotEvent odd_snapshot(const Draw& draw, const Correlator& model, Time now) {
  const std::uint64_t calls = model.calls_seen(SpaceId{draw[1] % 3u});
  SnapshotEvent event{.space = SpaceId{draw[1] % 3u},
                      .pid = 7,
                      .comm = {},
                      .time = now,
                      .calls_before = draw[3] % 8 == 7 ? calls + draw[4] : calls,
                      .lost = 0,
                      .mappings = {}};
  for (std::uint64_t n = 0; n < draw[2] % 8u; ++n) {
    const Address start = p + n * 8 * 4096;
    event.mappings.push_back({.pages = {start, start + (draw[5] + n) % 9u * 4096},
                              .locked = (draw[6] + n) % 4 == 0,
                              .special = n % 3 == 2,
                              .shared = (draw[7] + n) % 4 == 0,
                              .wiped_on_fork = (draw[8] + n) % 4 == 0});
  }
  // Such as no kernel lists: all of the address space, or nothing, or backwards.
  if (draw[9] % 16 == 15) event.mappings.push_back({.pages = {0, ~Address{4095}}});
  if (draw[9] % 16 == 14) event.mappings.push_back({.pages = {p, p}});
  if (draw[9] % 16 == 13) std::reverse(event.mappings.begin(), event.mappings.end());
  return event;
}

Event odd_event(const Draw& draw, const Correlator& model, Time now) {
  const SpaceId space{draw[1] % 3u};
  switch (draw[0] % 32) {
  case 0:
  case 1:
    return ForkEvent{odd_space(draw[1]),
                     SpaceId{draw[2] % 3u},
                     {},
                     draw[3],
                     draw[4] % 16 == 15 ? ~Time{0} - draw[4] : now};
  case 2:
    return EndEvent{space, now};
  case 3:
    return LostEvent{1,
                     now,
                     "test",
                     false,
                     draw[2] % 4 != 0,
                     draw[3] % 2 == 0 ? std::optional(odd_space(draw[1])) : std::nullopt};
  case 4:
    return TickEvent{draw[2] % 32 == 31 ? ~Time{0} - draw[2] : draw[2] * 100 * millisecond};
  case 5:
  case 6:
    return odd_snapshot(draw, model, now);
  case 7:
  case 8:
    return odd_fault(draw, now);
  case 9:
  case 10:
    return odd_swap(draw, model, now);
  default:
    return odd_call(draw);
  }
}

std::uint64_t sum(const std::map<Kind, std::uint64_t>& findings) {
  std::uint64_t all = 0;
  for (const auto& [kind, count] : findings) all += count;
  return all;
}

/// Ranges are ascending and disjoint, and what is said of them adds up.
void check_finding(const Finding& finding) {
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; n < finding.exposed.size(); ++n) {
    const ByteRange range = finding.exposed[n];
    RC_ASSERT(!range.empty());
    if (n != 0) RC_ASSERT(finding.exposed[n - 1].end <= range.start);
    bytes += range.size();
  }
  RC_ASSERT(finding.exposed_bytes == bytes);
  RC_ASSERT(finding.inherited.has_value() == (finding.kind == Kind::fork));
  RC_ASSERT(finding.opener.has_value() == (finding.kind == Kind::swapped));
  if (finding.opener) RC_ASSERT(*finding.opener < finding.id);
  if (!finding.inherited) return;
  const Inheritance& inherited = *finding.inherited;
  RC_ASSERT(bytes != 0u);
  RC_ASSERT(inherited.claims.size() ==
            std::min<std::uint64_t>(inherited.claims_in_all, Inheritance::claims_listed));
  RC_ASSERT(finding.victim == inherited.claims.at(0));
}

/// Where any events are told: as they are, or by another platform's rules.
struct Elsewhere {
  const Platform* platform = nullptr;
  std::uint64_t page = 4096;
};

struct Run {
  Recorder out;
  Correlator model{
      PageSize(4096),
      out,
      {.fork_grace = 10 * millisecond, .claims_per_space = 20, .findings_per_call = 5}};

  std::optional<WhatIf> what_if;

  explicit Run(const std::vector<Draw>& draws, const Elsewhere& elsewhere = {}) {
    if (elsewhere.platform != nullptr)
      what_if.emplace(*elsewhere.platform, PageSize(4096), PageSize(elsewhere.page));
    Time now = 0;
    for (const Draw& draw : draws) {
      now += millisecond;
      Event event = odd_event(draw, model, now);
      if (auto* call = std::get_if<CallEvent>(&event)) call->exit = now;
      if (what_if) what_if->translate(event);
      model.handle(event);
      check_exposed_pages();
    }
    RC_ASSERT(model.totals().exposures + out.exposures.size() <= out.findings.size());
    for (const std::uint64_t n : {0u, 1u, 2u, 99u}) model.handle(EndEvent{SpaceId{n}, now});
    model.finish(now);
  }

  /// Those that are listed are listed in order, and of an address space that was told to have some.
  void check_exposed_pages() const {
    for (const std::uint64_t n : {0u, 1u, 2u, 99u}) {
      const auto pages = model.exposed_pages(SpaceId{n});
      RC_ASSERT(pages.empty() || told_exposing(SpaceId{n}));
      for (std::size_t i = 1; i < pages.size(); ++i) RC_ASSERT(pages[i - 1].end < pages[i].start);
    }
  }
  [[nodiscard]] bool told_exposing(SpaceId space) const {
    bool on = false;
    for (const Exposing& each : out.exposing_told)
      if (each.space == space) on = each.on;
    return on;
  }
};

void check_events(const std::vector<Draw>& draws, const Elsewhere& elsewhere = {}) {
  Run run(draws, elsewhere);
  const Totals& totals = run.model.totals();
  RC_ASSERT(totals.claims == 0u);
  RC_ASSERT(totals.exposures == 0u);
  RC_ASSERT(totals.address_spaces == 0u);
  RC_ASSERT(!run.model.forks_pending());
  RC_ASSERT(run.model.next_deadline() == ~Time{0});
  RC_ASSERT(sum(totals.findings) + totals.possible == run.out.findings.size());
  for (const std::uint64_t n : {0u, 1u, 2u, 99u}) RC_ASSERT(!run.told_exposing(SpaceId{n}));
  for (const Finding& finding : run.out.findings) check_finding(finding);
  RC_ASSERT(Run(draws, elsewhere).out.lines == run.out.lines);
}

rc::Gen<std::vector<Draw>> events() {
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Draw>>(
                                 rc::gen::container<Draw>(rc::gen::arbitrary<std::uint8_t>())));
}

} // namespace

TEST_CASE("no events break the model, and the same ones give the same verdicts") {
  CHECK(rc::check([] { check_events(*events()); }));
}

TEST_CASE("no events break the what-if, whatever the platform and its pages") {
  CHECK(rc::check([] {
    const auto which = *rc::gen::inRange<std::size_t>(0, platforms().size());
    const std::uint64_t page = *rc::gen::element<std::uint64_t>(4096, 16384, 65536, 2u << 20);
    check_events(*events(), {&platforms()[which], page});
  }));
}
