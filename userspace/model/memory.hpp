// Addresses, byte ranges and page ranges.
//
// The difference between what a program asked for (bytes) and what the kernel acted on (whole
// pages) is what this project is about, so the two are different types: a ByteRange never turns
// into a PageRange without a PageSize saying how it is rounded.
#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace mlockscope::model {

/// A user-space address. 64 bits on every platform; wraps like the kernel's `unsigned long`.
using Address = std::uint64_t;

/// A half-open range [start, end) with start <= end. Empty if both are equal.
template <class Tag> struct Range {
  Address start = 0;
  Address end = 0;

  auto operator<=>(const Range&) const = default;

  [[nodiscard]] constexpr bool empty() const { return start >= end; }
  [[nodiscard]] constexpr std::uint64_t size() const { return empty() ? 0 : end - start; }
  [[nodiscard]] constexpr bool contains(Address at) const { return start <= at && at < end; }
  [[nodiscard]] constexpr bool covers(Range other) const {
    return start <= other.start && other.end <= end;
  }
  [[nodiscard]] constexpr bool meets(Range other) const {
    return std::max(start, other.start) < std::min(end, other.end);
  }
  /// The common part; empty (at an arbitrary place) if there is none.
  [[nodiscard]] constexpr Range intersect(Range other) const {
    const Address from = std::max(start, other.start);
    return {from, std::max(from, std::min(end, other.end))};
  }
};

struct ByteTag {};
struct PageTag {};

/// Bytes as a caller named them.
using ByteRange = Range<ByteTag>;
/// Whole pages as the kernel acts on them: both ends are multiples of the page size.
using PageRange = Range<PageTag>;

[[nodiscard]] constexpr ByteRange bytes_of(PageRange pages) { return {pages.start, pages.end}; }

/// The same bytes in ascending order, each once, with as few ranges as can be.
[[nodiscard]] inline std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<ByteRange> result;
  for (const ByteRange& range : ranges) {
    if (!result.empty() && range.start <= result.back().end)
      result.back().end = std::max(result.back().end, range.end);
    else
      result.push_back(range);
  }
  return result;
}

/// Bytes [start, start + length), or nothing if that passes the end of the address space.
[[nodiscard]] constexpr std::optional<ByteRange> byte_range(Address start, std::uint64_t length) {
  if (start + length < start) return std::nullopt;
  return ByteRange{start, start + length};
}

/// The page size of the traced kernel: a power of two, never assumed.
class PageSize {
public:
  constexpr explicit PageSize(std::uint64_t bytes) : bytes_(bytes) {
    assert(bytes != 0 && (bytes & (bytes - 1)) == 0);
  }
  [[nodiscard]] constexpr std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] constexpr Address down(Address at) const { return at & ~(bytes_ - 1); }
  /// Rounds up modulo 2^64, as the kernel's PAGE_ALIGN does.
  [[nodiscard]] constexpr Address up(Address at) const { return down(at + bytes_ - 1); }
  [[nodiscard]] constexpr Address offset(Address at) const { return at & (bytes_ - 1); }
  /// The smallest page range that holds `range`.
  [[nodiscard]] constexpr PageRange around(ByteRange range) const {
    return range.empty() ? PageRange{down(range.start), down(range.start)}
                         : PageRange{down(range.start), up(range.end)};
  }
  auto operator<=>(const PageSize&) const = default;

private:
  std::uint64_t bytes_;
};

} // namespace mlockscope::model
