// A client's connection, plain or TLS, on which nothing waits for ever: every operation ends at the
// deadline, or when the server stops, whatever the client does.
#pragma once

#include "util/fd.hpp"
#include "web/tls.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <string_view>
#include <sys/types.h>

namespace mlockscope::web {

class Connection {
public:
  using Clock = std::chrono::steady_clock;

  /// `socket` is non-blocking; `stop` is readable when the server stops.
  Connection(util::Fd socket, int stop) : socket_(std::move(socket)), stop_(stop) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// Says goodbye to a TLS client without waiting for an answer.
  ~Connection();

  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
  void expire_after(std::chrono::milliseconds time) { deadline_ = Clock::now() + time; }

  /// Makes it a TLS connection. A client that speaks plain HTTP is told so.
  [[nodiscard]] bool handshake(std::shared_ptr<const TlsContext> context);
  [[nodiscard]] bool is_tls() const { return session_ != nullptr; }

  /// At least one byte; 0 at the client's end; -1 if it failed or the time is over.
  ssize_t read(char* to, std::size_t size);
  /// At least one byte; -1 if it failed or the time is over.
  ssize_t write(const char* from, std::size_t size);
  /// Whether bytes have come that read() has not given yet; not when the server stops.
  [[nodiscard]] bool has_input() const;

  /// Ends the answer and takes what the client still sends, a little of it: closing a socket with
  /// unread bytes resets the connection, and the client may lose the answer by it.
  void linger();

private:
  enum class Outcome { done, wants_read, wants_write, failed };
  struct Free {
    void operator()(SSL* session) const { ::SSL_free(session); }
  };

  [[nodiscard]] bool wait(Outcome wish) const;
  template <class Operation> ssize_t complete(Operation operation);
  [[nodiscard]] Outcome outcome_of(int tls_result);
  [[nodiscard]] ssize_t fill();

  util::Fd socket_;
  int stop_;
  Clock::time_point deadline_{};
  std::shared_ptr<const TlsContext> context_; ///< the one that the session was made of
  std::unique_ptr<SSL, Free> session_;
  bool broken_ = false; ///< the TLS session must not be used any more
  // The request's parser reads byte by byte.
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0, end_ = 0;
};

} // namespace mlockscope::web
