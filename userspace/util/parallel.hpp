// Independent pieces of work, over a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace mlockscope::util {

/// The number of threads that can run at once; at least 1.
[[nodiscard]] inline std::size_t processors() {
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

/// Calls work(0) to work(count - 1), each once, at most `jobs` at a time; returns when all are
/// done. `work` must not throw.
template <class Work> void in_parallel(std::size_t count, std::size_t jobs, Work&& work) {
  std::atomic<std::size_t> next = 0;
  const auto loop = [&] {
    for (std::size_t at = next++; at < count; at = next++) work(at);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(jobs, count); ++i) helpers.emplace_back(loop);
  loop();
}

} // namespace mlockscope::util
