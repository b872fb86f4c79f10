#include "web/workers.hpp"

#include <system_error>

namespace mlockscope::web {

Workers::~Workers() {
  {
    const std::lock_guard lock(lock_);
    stopping_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::submit(std::unique_ptr<Connection> connection) {
  bool all_busy = false;
  {
    const std::lock_guard lock(lock_);
    queue_.push_back(std::move(connection));
    all_busy = queue_.size() > idle_;
  }
  if (all_busy && threads_.size() < most_) start_one();
  changed_.notify_one();
}

void Workers::start_one() {
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
    // The machine has no thread for us now: the others take the work, or the next try succeeds.
  }
}

void Workers::run() {
  std::unique_lock lock(lock_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (stopping_) return;
    auto connection = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work_(std::move(connection));
    lock.lock();
  }
}

} // namespace mlockscope::web
