// Blocks on their way to the disk: a bounded queue, and the thread that compresses and writes.
#pragma once

#include "recording/block.hpp"
#include "util/fd.hpp"
#include "util/result.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct ZSTD_CCtx_s;

namespace mlockscope::recording {

class Disk {
public:
  struct Limits {
    std::size_t queue_bytes = 0; ///< of raw blocks, the one being written included
    int level = 0;               ///< of zstd
    std::chrono::milliseconds patience{};
  };

  /// Takes over an open file, of which nothing has been written. O_NONBLOCK is good for pipes.
  Disk(util::Fd, std::string name, Limits);
  Disk(const Disk&) = delete;
  /// finish().
  ~Disk();

  /// The header and the first blocks, written at once, and then the thread, which no signal
  /// reaches.
  [[nodiscard]] util::Status begin(std::vector<Block> first);

  /// There is room in the queue for a block of that size; for one block there is always.
  [[nodiscard]] bool room_for(std::size_t bytes) const;
  /// Takes it, also without room. Dropped after a failure.
  void take(Block);
  /// The memory of a block that has been written, or an empty string.
  [[nodiscard]] std::string spare();
  [[nodiscard]] bool half_empty() const;
  /// Waits until all is written, but for a pipe that nobody reads only for as long as patience
  /// lasts, ends the thread and closes the file.
  void finish();

  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// The first failure; only if failed().
  [[nodiscard]] util::Error error() const;
  /// Bytes of the file so far, of whole blocks.
  [[nodiscard]] std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }

private:
  void run();
  void store(const Block&);
  /// False after a failure.
  bool write(std::string_view);
  [[nodiscard]] bool wait_until_writable();
  void fail(util::Error);
  void cut_back() const;

  util::Fd fd_;
  const std::string name_;
  const Limits limits_;
  const std::unique_ptr<ZSTD_CCtx_s, void (*)(ZSTD_CCtx_s*)> compressor_;
  std::string stored_;

  std::atomic<bool> failed_ = false;
  std::atomic<bool> hurry_ = false; ///< finish() waits
  std::atomic<std::uint64_t> written_ = 0;

  mutable std::mutex lock_; ///< for all below
  std::condition_variable changed_;
  std::deque<Block> queue_;
  std::size_t queued_ = 0; ///< bytes
  std::vector<std::string> spares_;
  bool finishing_ = false;
  util::Error error_;

  std::thread thread_;
};

} // namespace mlockscope::recording
