// The threads that serve connections: as many as are needed at once, up to a bound.
#pragma once

#include "web/connection.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mlockscope::web {

class Workers {
public:
  using Work = std::function<void(std::unique_ptr<Connection>)>;

  /// No thread is started yet. `work` must not throw.
  Workers(std::size_t most, Work work) : most_(most), work_(std::move(work)) {}
  Workers(const Workers&) = delete;
  /// Waits for the work under way and drops what has not begun.
  ~Workers();

  /// Hands a connection to an idle thread, a new one, or the first that becomes idle. New threads
  /// have the caller's signal mask. Only one thread may call it.
  void submit(std::unique_ptr<Connection> connection);

private:
  void run();
  void start_one();

  const std::size_t most_;
  const Work work_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Connection>> queue_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace mlockscope::web
