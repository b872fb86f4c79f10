// The containers under the model against arrays: an entry a page, a list of pieces.
#include "model/interval_tree.hpp"
#include "model/page_map.hpp"
#include "support/catch.hpp"

#include <rapidcheck.h>

using namespace mlockscope::model;

namespace {

using Draw = std::tuple<std::uint16_t, std::uint8_t, std::uint8_t>;

void check_pages(const std::vector<Draw>& draws) {
  constexpr std::size_t count = 600;
  std::vector<PageState> plain(count);
  PageMap map;
  for (const auto& [start, length, value] : draws) {
    const std::size_t from = start % count;
    const std::size_t to = std::min(count, from + (value >= 250 ? count : length % 4u));
    const bool locked = value % 2 != 0;
    const PageState next{
        .cover = value % 3u, .locked = locked, .assumed = locked && value % 5 == 0};
    map.change({from * 4096, to * 4096}, [&](PageRange, const PageState&) { return next; });
    std::fill(plain.begin() + static_cast<long>(from),
              plain.begin() + static_cast<long>(std::max(from, to)), next);
  }
  std::size_t next_page = 0;
  map.visit({0, count * 4096}, [&](PageRange part, const PageState& state) {
    RC_ASSERT(part.start == next_page * 4096);
    for (; next_page * 4096 < part.end; ++next_page) RC_ASSERT(plain[next_page] == state);
  });
  RC_ASSERT(next_page == count);
  const auto sure = std::count_if(plain.begin(), plain.end(),
                                  [](const PageState& each) { return each.surely_locked(); });
  RC_ASSERT(map.locked_bytes() == static_cast<std::uint64_t>(sure) * 4096);
  RC_ASSERT(map.empty() == std::all_of(plain.begin(), plain.end(),
                                       [](const PageState& each) { return each == PageState{}; }));
}

void check_tree(const std::vector<Draw>& draws) {
  std::vector<Piece> plain;
  IntervalTree tree;
  std::uint64_t age = 0;
  for (const auto& [start, length, value] : draws) {
    const ByteRange range{start % 512u, start % 512u + 1u + length % 64u};
    if (value < 170 || plain.empty()) {
      plain.push_back({range, ++age, static_cast<std::uint32_t>(value)});
      tree.insert(plain.back());
    } else {
      const auto at = plain.begin() + static_cast<long>(start % plain.size());
      tree.erase(*at);
      plain.erase(at);
    }
    std::vector<Piece> found;
    tree.visit(range, [&](const Piece& piece) {
      found.push_back(piece);
      return true;
    });
    std::vector<Piece> expected;
    for (const Piece& piece : plain)
      if (piece.bytes.meets(range)) expected.push_back(piece);
    std::sort(expected.begin(), expected.end(), [](const Piece& a, const Piece& b) {
      return std::tuple(a.bytes.start, a.bytes.end, a.age) <
             std::tuple(b.bytes.start, b.bytes.end, b.age);
    });
    RC_ASSERT(found == expected);
    std::uint64_t bytes = 0;
    for (const Piece& piece : plain) bytes += piece.bytes.size();
    RC_ASSERT(tree.bytes() == bytes);
  }
}

} // namespace

TEST_CASE("a page map holds what an array of pages holds") {
  CHECK(rc::check(
      [] { check_pages(*rc::gen::scale(5.0, rc::gen::arbitrary<std::vector<Draw>>())); }));
}

TEST_CASE("an interval tree finds what a list of pieces holds") {
  CHECK(
      rc::check([] { check_tree(*rc::gen::scale(5.0, rc::gen::arbitrary<std::vector<Draw>>())); }));
}
