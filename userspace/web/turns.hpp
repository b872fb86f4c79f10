// Work that one thread does at a time and for which few may wait.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace mlockscope::web {

class Turns {
public:
  explicit Turns(std::size_t most_waiting) : most_waiting_(most_waiting) {}

  /// Waits for its turn. False, without a turn: enough others wait already, or close() was called.
  [[nodiscard]] bool begin() {
    std::unique_lock lock(lock_);
    if (taken_ && waiting_ == most_waiting_) return false;
    ++waiting_;
    changed_.wait(lock, [this] { return closed_ || !taken_; });
    --waiting_;
    if (closed_) return false;
    taken_ = true;
    return true;
  }
  /// Of a turn that begin() gave.
  void end() {
    {
      const std::lock_guard lock(lock_);
      taken_ = false;
    }
    changed_.notify_one();
  }
  /// Sends away whoever waits or comes.
  void close() {
    {
      const std::lock_guard lock(lock_);
      closed_ = true;
    }
    changed_.notify_all();
  }

private:
  const std::size_t most_waiting_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  bool taken_ = false;
  bool closed_ = false;
};

/// A turn, while the object lives.
class Turn {
public:
  explicit Turn(Turns& turns) : turns_(turns), ours_(turns.begin()) {}
  Turn(const Turn&) = delete;
  ~Turn() {
    if (ours_) turns_.end();
  }
  explicit operator bool() const { return ours_; }

private:
  Turns& turns_;
  const bool ours_;
};

} // namespace mlockscope::web
