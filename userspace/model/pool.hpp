// Storage for many small things of one kind: numbered, reused, in blocks that never move.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace mlockscope::model {

/// A vector would need up to three times the memory while it grows, and a million claims are a case
/// to serve; a block of 64 keeps the many address spaces with a handful of claims small.
template <class T> class Pool {
public:
  using Index = std::uint32_t;
  static constexpr Index none = UINT32_MAX;

  [[nodiscard]] Index add(const T& value) {
    Index at = next_;
    if (free_.empty()) {
      if (at % block == 0) blocks_.push_back(std::make_unique<T[]>(block));
      ++next_;
    } else {
      at = free_.back();
      free_.pop_back();
    }
    (*this)[at] = value;
    return at;
  }
  void remove(Index at) { free_.push_back(at); }
  void clear() {
    blocks_.clear();
    free_.clear();
    next_ = 0;
  }
  [[nodiscard]] T& operator[](Index at) { return blocks_[at / block][at % block]; }
  [[nodiscard]] const T& operator[](Index at) const { return blocks_[at / block][at % block]; }
  [[nodiscard]] std::size_t size() const { return next_ - free_.size(); }

private:
  static constexpr Index block = 64;
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<Index> free_;
  Index next_ = 0;
};

} // namespace mlockscope::model
