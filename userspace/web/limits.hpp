// What one client, and all of them together, may take of us.
#pragma once

#include <chrono>
#include <cstddef>

namespace mlockscope::web {

struct Limits {
  /// For a handshake, and for a request from its first byte to its last.
  std::chrono::milliseconds request_time{5000};
  /// To compute and take the answer: after Prometheus' default scrape timeout nobody waits for it.
  std::chrono::milliseconds answer_time{10000};
  /// Between requests: longer than usual scrape intervals.
  std::chrono::milliseconds idle_time{90000};
  /// Request line and headers. httplib's regular expressions recurse over a header's text.
  std::size_t request_bytes = std::size_t{16} * 1024;
  /// Beyond, the connection that is idle for longest makes room for a new one.
  std::size_t connections = 128;
  /// Requests worked on at once, and answers that wait for their clients to take them. Threads are
  /// started when they are needed; password checks hold three at most.
  std::size_t threads = 32;
};

} // namespace mlockscope::web
