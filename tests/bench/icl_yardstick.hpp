// The same bookkeeping with the interval containers of Boost.ICL, as a yardstick for the speed of
// ours: claims in a split_interval_map of sets, locked pages in an interval_set. It finds which
// claims an unlock exposes and nothing else: no kinds, exposures, confidence or evidence.
#pragma once

#include <cstdint>
#include <memory>

namespace mlockscope::bench {

class IclYardstick {
public:
  IclYardstick();
  ~IclYardstick();

  void lock(std::uint64_t addr, std::uint64_t len);
  /// Returns how many claims lost their lock by it.
  std::size_t unlock(std::uint64_t addr, std::uint64_t len);

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mlockscope::bench
