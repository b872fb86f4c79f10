// Between the threads that serve scrapes and the one that traces. A scrape leaves a wish and waits
// a while; the tracing thread looks between two turns, and pays for one copy of some numbers
// however many wait. Nobody who serves a slow client ever holds anything the tracing thread needs.
#pragma once

#include "metrics/snapshot.hpp"
#include "util/fd.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

namespace mlockscope::metrics {

class Exchange {
public:
  using Pointer = std::shared_ptr<const Snapshot>;

  Exchange();

  /// For epoll: readable while somebody waits. Negative if there was no descriptor left.
  [[nodiscard]] int fd() const { return wish_fd_.get(); }
  /// The tracing thread: the number of the latest wish, 0 if none is open. What is taken from here
  /// on answers it.
  [[nodiscard]] std::uint64_t wish();
  void answer(std::uint64_t wish, Snapshot);
  /// Nobody answers any more: whoever waits gets the last there was, at once.
  void close();

  struct Answer {
    Pointer snapshot; ///< null if there has never been one
    bool fresh = false;
  };
  /// A snapshot taken after this call; if none comes in time, the last there was.
  [[nodiscard]] Answer ask(std::chrono::milliseconds patience);
  /// The last there was, at once.
  [[nodiscard]] Pointer latest();

private:
  util::Fd wish_fd_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::uint64_t wished_ = 0;
  std::uint64_t given_ = 0; ///< the latest wish that was answered
  bool closed_ = false;
  Pointer latest_;
};

} // namespace mlockscope::metrics
