// A second opinion: reads what strace wrote about the same run and decides by the rules which
// findings there must be. It shares no code with the model, is as plain as can be, and keeps
// mappings, locked pages and claims in maps from addresses to values.
//
// It believes strace's order of the calls, so no two threads may call at the same time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mlockscope::live {

using Address = std::uint64_t;
using Bytes = std::pair<Address, Address>; ///< half-open

/// One system call of a strace log: "7 12.5 mlock(0x1000, 32) = 0".
struct LoggedCall {
  int tid = 0;
  std::string name;
  std::vector<std::string> arguments;
  bool failed = false;
  std::string error; ///< "ENOMEM"
  std::uint64_t ret = 0;

  [[nodiscard]] std::uint64_t number(std::size_t argument) const;
  [[nodiscard]] bool has(std::size_t argument, const std::string& word) const;
};

/// Finished calls in their order; execve at the end of an address space has no return value.
/// Calls that strace shows in two parts are put together where they end.
[[nodiscard]] std::vector<LoggedCall> parse_strace(const std::string& log);

/// A value for each address, kept as the places where it changes.
template <class Value> class AddressMap {
public:
  explicit AddressMap(Value everywhere) : changes_{{0, everywhere}} {}
  void set(Bytes range, Value value) {
    if (range.first >= range.second) return;
    const Value behind = at(range.second);
    changes_.erase(changes_.lower_bound(range.first), changes_.upper_bound(range.second));
    changes_[range.first] = value;
    changes_[range.second] = behind;
  }
  [[nodiscard]] Value at(Address where) const {
    return std::prev(changes_.upper_bound(where))->second;
  }
  /// The parts of `range` that have this value, merged.
  [[nodiscard]] std::vector<Bytes> where(Bytes range, Value value) const {
    std::vector<Bytes> parts;
    for (Address at_ = range.first; at_ < range.second;) {
      const auto next = changes_.upper_bound(at_);
      const Address end =
          next == changes_.end() ? range.second : std::min(range.second, next->first);
      if (at(at_) == value && !parts.empty() && parts.back().second == at_)
        parts.back().second = end;
      else if (at(at_) == value)
        parts.emplace_back(at_, end);
      at_ = end;
    }
    return parts;
  }
  /// Moves the values of `from` to `to` of the same length, and leaves `rest` behind.
  void move(Bytes from, Address to, Value rest) {
    std::vector<std::pair<Bytes, Value>> parts;
    for (Address at_ = from.first; at_ < from.second;) {
      const auto next = changes_.upper_bound(at_);
      const Address end = next == changes_.end() ? from.second : std::min(from.second, next->first);
      parts.push_back({{at_, end}, at(at_)});
      at_ = end;
    }
    set(from, rest);
    for (const auto& [part, value] : parts)
      set({part.first - from.first + to, part.second - from.first + to}, value);
  }

private:
  std::map<Address, Value> changes_;
};

/// What a finding says, as text to compare and to read:
/// "7 spill munlock(0x1000, 32) victim 0x1064+32 exposed 0x1064-0x1084".
using Verdicts = std::vector<std::string>;

struct Testimony {
  Verdicts findings;                           ///< all but lock-failed, sorted
  std::map<std::string, std::uint64_t> failed; ///< "7 mlock ENOMEM": how many lock requests failed
  std::map<std::string, std::uint64_t> calls;  ///< lock calls by name
};

[[nodiscard]] Testimony testify(const std::vector<LoggedCall>&, std::uint64_t page_size);

[[nodiscard]] std::string verdict(int tid, const std::string& kind, const std::string& call,
                                  Address addr, std::uint64_t len, const std::string& victim,
                                  const std::vector<Bytes>& exposed);
[[nodiscard]] std::string hex(std::uint64_t);

} // namespace mlockscope::live
