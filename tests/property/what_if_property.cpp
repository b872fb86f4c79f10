// The what-if, held against worlds in which the other rules really hold: a simulated kernel with
// larger pages, and a counter for every page.
#include "model/linux_abi.hpp"
#include "support/catch.hpp"
#include "support/story.hpp"

#include <rapidcheck.h>

#include <array>
#include <set>

using namespace mlockscope::test;

namespace {

using Draw = std::array<std::uint8_t, 5>;
constexpr std::uint64_t small = 4096;

/// Shrinks well: dropping calls and lowering numbers both keep a sequence valid.
rc::Gen<std::vector<Draw>> calls() {
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Draw>>(
                                 rc::gen::container<Draw>(rc::gen::arbitrary<std::uint8_t>())));
}

// ---- Larger pages -------------------------------------------------------------------------------

/// A call in large pages, for a world that has them and one that has not: it moves mappings by
/// whole large pages, and locks any bytes.
void play_large(Story& story, std::uint64_t large, const Draw& draw) {
  const auto at = [&](int page) { return p + static_cast<std::uint64_t>(page) * large; };
  const Address from = at(draw[1] % 6) + draw[2] * large / 300;
  const std::uint64_t len = draw[4] % 8 == 0 ? draw[3] * large / 50 : draw[3] * large / 300;
  switch (draw[0] % 16) {
  case 0:
    story.lock_all(1 + draw[1] % 3u).snapshot();
    return;
  case 1:
    if (draw[1] % 4 == 0) story.unlock_all();
    return;
  case 2:
    story.unmap(at(draw[1] % 8), large);
    return;
  case 3:
    story.map(at(draw[1] % 8), large * (1 + draw[2] % 2u), 0x10 | (draw[3] % 2 != 0 ? 0x2000 : 0));
    return;
  case 4:
    for (const Address each : story.kernel().each_page({at(draw[1] % 8), at(draw[1] % 8 + 1)}))
      if (!story.kernel().mapped(each)) return;
    story.remap(at(draw[1] % 8), large, large, at(8 + draw[2] % 4), 3);
    return;
  case 5:
    story.unlock(from, draw[2] % 2 == 0 ? UINT64_MAX - draw[3] % 4 : 0);
    return;
  case 6:
    story.snapshot();
    return;
  case 7:
  case 8:
  case 9:
  case 10:
    story.unlock(from, len);
    return;
  default:
    story.lock(from, len);
  }
}

/// What was said, each as sure as the other. Exposures that close together do so in any order.
Lines comparable(Lines lines) {
  for (std::string& line : lines)
    if (const auto at = line.find(" verified"); at != std::string::npos)
      line.replace(at, 9, " modelled");
  const auto closed = std::stable_partition(
      lines.begin(), lines.end(), [](const auto& line) { return !line.starts_with("closed"); });
  std::sort(closed, lines.end());
  return lines;
}

/// The large pages at p that are mapped and locked.
std::set<Address> locked(Story& story, std::uint64_t large) {
  std::set<Address> all;
  for (const PageRange range : story.locked())
    for (Address at = p; at < p + 12 * large; at += large)
      if (story.kernel().mapped(at) && range.meets({at, at + large})) {
        RC_ASSERT(range.covers({at, at + large}));
        all.insert(at);
      }
  return all;
}

void check_large(std::uint64_t large, const std::vector<Draw>& draws) {
  Story there(large);
  Story translated(Story::Elsewhere{"linux", large, WhatIf::Mappings::all}, small);
  for (Story* each : {&there, &translated}) {
    each->kernel().pages.clear();
    each->map(p, 12 * large).snapshot();
  }
  for (const Draw& draw : draws) {
    play_large(there, large, draw);
    play_large(translated, large, draw);
    RC_ASSERT(comparable(translated.told()) == comparable(there.told()));
    RC_ASSERT(locked(translated, large) == locked(there, large));
    RC_ASSERT(translated.last_ret() == there.last_ret());
  }
  RC_ASSERT(translated.totals().unlocks_without_lock == there.totals().unlocks_without_lock);
  RC_ASSERT(translated.totals().divergences == 0u);
}

// ---- Counted locks ------------------------------------------------------------------------------

/// Darwin's locks, a counter for every page.
class Counters {
public:
  static constexpr int pages = 20;
  std::array<bool, pages> mapped{};
  std::array<int, pages> count{};

  [[nodiscard]] std::int64_t lock(int from, int to) {
    for (int n = from; n < to; ++n) {
      const bool behind_a_locked = n > from && (!mapped[at(n - 1)] || count[at(n - 1)] > 0);
      if (!mapped[at(n)] && !behind_a_locked) return -12;
    }
    for (int n = from; n < to; ++n)
      if (mapped[at(n)]) ++count[at(n)];
    return 0;
  }
  [[nodiscard]] std::int64_t unlock(int from, int to) {
    if (from < to && !mapped[at(from)]) return -12;
    for (int n = from; n < to; ++n)
      if (count[at(n)] > 0) --count[at(n)];
    return 0;
  }
  void map(int page, bool is) {
    mapped[at(page)] = is;
    count[at(page)] = 0;
  }
  [[nodiscard]] std::set<Address> locked() const {
    std::set<Address> all;
    for (int n = 0; n < pages; ++n)
      if (count[at(n)] > 0) all.insert(p + at(n) * small);
    return all;
  }

private:
  static std::size_t at(int page) { return static_cast<std::size_t>(page); }
};

std::set<Address> locked_pages(Story& story) {
  std::set<Address> all;
  for (const PageRange range : story.locked())
    for (Address at = range.start; at < range.end; at += small) all.insert(at);
  return all;
}

void check_counts(const std::vector<Draw>& draws) {
  Story story(Story::Elsewhere{"darwin"});
  Counters counters;
  story.kernel().pages.clear();
  story.kernel().put(p, Counters::pages * small);
  for (int n = 0; n < Counters::pages; ++n) counters.map(n, true);
  story.snapshot();
  for (const Draw& draw : draws) {
    const int first = draw[1] % (Counters::pages - 6);
    const int count = 1 + draw[2] % 5;
    const Address from = p + static_cast<std::uint64_t>(first) * small + draw[3] % 2u * 77;
    const std::uint64_t len = static_cast<std::uint64_t>(count) * small - 100;
    std::int64_t ret = 0;
    switch (draw[0] % 8) {
    case 0:
      story.unmap(p + static_cast<std::uint64_t>(first) * small, small);
      counters.map(first, false);
      break;
    case 1:
      story.map(p + static_cast<std::uint64_t>(first) * small, small);
      counters.map(first, true);
      continue;
    case 2:
    case 3:
    case 4:
      story.unlock(from, len);
      ret = counters.unlock(first, first + count);
      break;
    case 5:
      story.snapshot();
      continue;
    default:
      story.lock(from, len);
      ret = counters.lock(first, first + count);
    }
    RC_ASSERT(story.last_ret() == ret);
    RC_ASSERT(locked_pages(story) == counters.locked());
  }
  RC_ASSERT(story.totals().divergences == 0u);
}

// ---- Any platform -------------------------------------------------------------------------------

/// Linux's own story with every kind of memory, told elsewhere.
void check_platform(const Platform& platform, std::uint64_t page, const std::vector<Draw>& draws) {
  Story story(Story::Elsewhere{platform.name, page}, small);
  for (std::uint64_t n = 0; n < 4; ++n) {
    story.kernel().pages[p + (20 + n) * small] = {
        .special = n == 0, .no_access = n == 1, .grows_down = n == 2, .wiped_on_fork = n == 3};
  }
  for (const Draw& draw : draws) {
    if (draw[0] >= 250) story.in_parent().fork().in_child();
    if (draw[0] >= 240) story.in_parent();
    if (draw[4] % 16 == 1) story.refuse(draw[4] % 32 == 1 ? 12 : 11);
    if (draw[4] % 16 == 2 && page >= 65536) story.lose();
    play_large(story, draw[4] % 16 == 3 ? 3 * small : small * 4, draw);
  }
  story.wait(grace + 1).snapshot().finish();
  RC_ASSERT(story.totals().divergences == 0u);
  for (const Finding& finding : story.out.findings)
    RC_ASSERT(finding.confidence != Confidence::verified);
  std::uint64_t refused = 0;
  for (const auto& [what, count] : story.what_if()->refused()) refused += count;
  RC_ASSERT(refused <= story.totals().events);
}

} // namespace

TEST_CASE("in one mapping, 4 KiB pages judged as larger ones are as larger pages would have been") {
  CHECK(rc::check([] {
    const std::uint64_t large = *rc::gen::element<std::uint64_t>(8192, 16384, 65536);
    check_large(large, *calls());
  }));
}

TEST_CASE("counted locks are as if every page had a counter") {
  CHECK(rc::check([] { check_counts(*calls()); }));
}

TEST_CASE("no story diverges on any platform, whatever its pages") {
  CHECK(rc::check([] {
    const auto which = *rc::gen::inRange<std::size_t>(0, platforms().size());
    const std::uint64_t page = *rc::gen::element<std::uint64_t>(4096, 16384, 65536, 2u << 20);
    check_platform(platforms()[which], page, *calls());
  }));
}
