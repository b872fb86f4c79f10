// A client's connection, plain or TLS, as a machine that never waits.
//
// It goes from phase to phase as far as the bytes at hand allow, then says what it waits for:
// somebody else polls for that, and for the deadline. So a client that is slow to shake hands, to
// ask or to take its answer costs a descriptor and some memory, and no thread.
#pragma once

#include "util/fd.hpp"
#include "web/limits.hpp"
#include "web/tls.hpp"

#include <chrono>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace mlockscope::web {

class Connection {
public:
  using Clock = std::chrono::steady_clock;
  enum class Then { next_request, close };

  /// `socket` is non-blocking. Plain, unless start_tls() comes before the first advance().
  Connection(util::Fd socket, const Limits& limits);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// Says goodbye to a TLS client without waiting for an answer.
  ~Connection();

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// What poll() has to see before advance() can do something: POLLIN or POLLOUT.
  [[nodiscard]] short awaits() const { return awaits_; }
  /// When the present phase began, and when it must be over. Bytes that trickle in change neither.
  [[nodiscard]] Clock::time_point since() const { return since_; }
  [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

  /// False: OpenSSL has no memory for it.
  [[nodiscard]] bool start_tls(std::shared_ptr<const TlsContext> context);
  [[nodiscard]] bool is_tls() const { return context_ != nullptr; }

  /// Does what can be done without waiting. A client that speaks plain HTTP to TLS is told so.
  void advance();
  [[nodiscard]] bool has_request() const { return phase_ == Phase::requested; }
  [[nodiscard]] bool is_answering() const { return phase_ == Phase::answering; }
  /// Nothing can come of it any more.
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }

  /// Request line and headers, with the empty line that ends them unless Limits::request_bytes came
  /// first. Only if has_request(); it has to be answered.
  [[nodiscard]] std::string take_request();
  /// What the next advance() begins to send.
  void answer(std::string bytes, Then then);

private:
  enum class Phase { handshaking, receiving, requested, answering, parting, over };
  struct Free {
    void operator()(SSL* session) const { ::SSL_free(session); }
  };

  void enter(Phase phase, std::chrono::milliseconds time);
  // The phases: true if the next one can begin.
  bool shake_hands();
  bool receive();
  bool send();
  bool part();
  void await_request();
  void start_parting();
  [[nodiscard]] std::size_t head_size() const;

  // Bytes moved; 0 at the client's end; -1 if it would wait (awaits() says for what) or failed.
  ssize_t input(char* to, std::size_t size);
  ssize_t output(std::string_view bytes);
  ssize_t settle_plain(ssize_t result, short event);
  ssize_t settle_tls(int result);

  util::Fd socket_;
  const Limits& limits_;
  Phase phase_ = Phase::receiving;
  short awaits_ = POLLIN;
  Clock::time_point since_{};
  Clock::time_point deadline_{};
  std::shared_ptr<const TlsContext> context_; ///< the one that the session was made of
  std::unique_ptr<SSL, Free> session_;
  bool broken_ = false; ///< the TLS session must not be used any more
  std::string received_;
  std::string answer_;
  std::size_t sent_ = 0; ///< of answer_
  Then then_ = Then::next_request;
  std::size_t allowance_ = 0; ///< bytes still taken from a client that we part from
};

} // namespace mlockscope::web
