// Values of a message -> those of an entry. False from any of these: the message lies.
#pragma once

#include "recording/format.hpp"

#include "model/event.hpp"

#include <optional>
#include <string>

namespace mlockscope::recording {

inline constexpr const char* too_long = "a text that is too long";
inline constexpr const char* past_the_end = "a range that passes the end of the address space";

/// Modulo 2^64.
inline std::uint64_t sum(std::uint64_t base, std::int64_t difference) {
  return base + static_cast<std::uint64_t>(difference);
}

template <class Tag>
bool make_range(model::Address start, std::uint64_t size, model::Range<Tag>& range) {
  range = {start, start + size};
  return range.end >= start;
}

/// The next range of a list, which is not empty, from two numbers.
inline bool next_range(model::Address& at, std::uint64_t gap, std::uint64_t size,
                       model::PageRange& range) {
  const model::Address start = at + gap;
  if (start < at || size == 0 || !make_range(start, size, range)) return false;
  at = range.end;
  return true;
}

inline bool take_text(const std::string& in, std::size_t most, std::string& out) {
  out = in;
  return in.size() <= most;
}

inline bool take_maybe(bool given, const std::string& in, std::size_t most,
                       std::optional<std::string>& out) {
  if (given) out = in;
  return in.size() <= most;
}

inline bool take_comm(const std::string& in, model::Comm& comm) {
  if (in.size() > format::most_comm) return false;
  comm = {};
  in.copy(comm.bytes.data(), in.size());
  return true;
}

} // namespace mlockscope::recording
