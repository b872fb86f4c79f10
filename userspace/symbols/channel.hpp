// Messages over a stream socket, each led by its length.
#pragma once

#include "util/fd.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace mlockscope::symbols {

/// An end that never blocks.
class Channel {
public:
  /// The peer is taken for gone when it sends a message of more than `most` bytes.
  Channel(util::Fd socket, std::size_t most);

  /// Queues a message and sends what the socket takes. Without effect when the peer is gone.
  void send(std::string_view message);
  /// Sends what is queued, as far as the socket takes it.
  void flush();
  /// Appends the messages that have arrived in full.
  void receive(std::vector<std::string>& messages);

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] bool gone() const { return gone_; }
  [[nodiscard]] std::size_t queued() const { return out_.size() - sent_; } ///< bytes

private:
  void split(std::vector<std::string>& messages);

  util::Fd socket_;
  std::size_t most_;
  std::string in_;
  std::string out_;
  std::size_t sent_ = 0; ///< of out_
  bool gone_ = false;
};

/// Sends one message, with a descriptor unless `passed` is -1; blocks as long as the socket's
/// SO_SNDTIMEO lets it. False: it could not be sent.
[[nodiscard]] bool send_blocking(int socket, std::string_view message, int passed = -1);
/// Receives one message of at most `most` bytes, and the descriptor that came with it, if any.
/// False: the peer is gone, or talks nonsense.
[[nodiscard]] bool receive_blocking(int socket, std::string& message, std::size_t most,
                                    util::Fd& passed);

} // namespace mlockscope::symbols
