#include "web/connection.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

namespace mlockscope::web {
namespace {

using namespace std::chrono_literals;

} // namespace

Connection::~Connection() {
  if (!session_ || broken_) return;
  ::ERR_clear_error();
  ::SSL_shutdown(session_.get());
}

bool Connection::wait(Outcome wish) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
  if (left <= 0ms) return false;
  const short event = wish == Outcome::wants_write ? POLLOUT : POLLIN;
  std::array<pollfd, 2> fds = {{{fd(), event, 0}, {stop_, POLLIN, 0}}};
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
  if (ready < 0) return errno == EINTR;
  return fds[1].revents == 0; // what is still to do after a timeout, the next wait() refuses
}

/// Tries until it is done: `operation` sets how it went and returns the number of bytes.
template <class Operation> ssize_t Connection::complete(Operation operation) {
  for (;;) {
    Outcome outcome = Outcome::failed;
    const ssize_t bytes = operation(outcome);
    if (outcome == Outcome::done) return bytes;
    if (outcome == Outcome::failed || !wait(outcome)) return -1;
  }
}

Connection::Outcome Connection::outcome_of(int tls_result) {
  switch (::SSL_get_error(session_.get(), tls_result)) {
  case SSL_ERROR_NONE:
  case SSL_ERROR_ZERO_RETURN:
    return Outcome::done;
  case SSL_ERROR_WANT_READ:
    return Outcome::wants_read;
  case SSL_ERROR_WANT_WRITE:
    return Outcome::wants_write;
  default:
    broken_ = true;
    return Outcome::failed;
  }
}

bool Connection::handshake(std::shared_ptr<const TlsContext> context) {
  context_ = std::move(context);
  session_.reset(context_->new_session());
  if (!session_ || ::SSL_set_fd(session_.get(), fd()) != 1) return false;
  const ssize_t result = complete([this](Outcome& outcome) -> ssize_t {
    ::ERR_clear_error();
    const int accepted = ::SSL_accept(session_.get());
    outcome = outcome_of(accepted);
    return accepted;
  });
  if (result == 1) return true;
  broken_ = true;
  if (ERR_GET_REASON(::ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    constexpr std::string_view answer = "HTTP/1.0 400 Bad Request\r\n"
                                        "Content-Type: text/plain\r\n\r\n"
                                        "This port speaks HTTPS.\n";
    (void)!::send(fd(), answer.data(), answer.size(), MSG_NOSIGNAL);
    linger();
  }
  return false;
}

ssize_t Connection::fill() {
  return complete([this](Outcome& outcome) -> ssize_t {
    if (!session_) {
      const ssize_t got = ::recv(fd(), buffer_.data(), buffer_.size(), 0);
      if (got >= 0)
        outcome = Outcome::done;
      else if (errno == EAGAIN || errno == EINTR)
        outcome = Outcome::wants_read;
      return got;
    }
    ::ERR_clear_error();
    const int got = ::SSL_read(session_.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    outcome = outcome_of(got);
    return std::max(got, 0);
  });
}

ssize_t Connection::read(char* to, std::size_t size) {
  if (begin_ == end_) {
    const ssize_t got = fill();
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  const std::size_t count = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<ssize_t>(count);
}

ssize_t Connection::write(const char* from, std::size_t size) {
  constexpr std::size_t step = std::size_t{1} << 20; // SSL_write counts in int
  const std::size_t count = std::min(size, step);
  return complete([this, from, count](Outcome& outcome) -> ssize_t {
    if (!session_) {
      const ssize_t sent = ::send(fd(), from, count, MSG_NOSIGNAL);
      if (sent >= 0)
        outcome = Outcome::done;
      else if (errno == EAGAIN || errno == EINTR)
        outcome = Outcome::wants_write;
      return sent;
    }
    ::ERR_clear_error();
    const int sent = ::SSL_write(session_.get(), from, static_cast<int>(count));
    outcome = outcome_of(sent);
    return sent > 0 ? sent : -1;
  });
}

bool Connection::has_input() const {
  std::array<pollfd, 2> fds = {{{fd(), POLLIN, 0}, {stop_, POLLIN, 0}}};
  ::poll(fds.data(), fds.size(), 0);
  if (fds[1].revents != 0) return false;
  const bool buffered = begin_ != end_ || (session_ && ::SSL_pending(session_.get()) > 0);
  return buffered || fds[0].revents != 0;
}

void Connection::linger() {
  if (session_ && !broken_) ::SSL_shutdown(session_.get());
  broken_ = session_ != nullptr;
  ::shutdown(fd(), SHUT_WR);
  expire_after(500ms);
  std::size_t allowance = std::size_t{64} * 1024;
  while (allowance > 0) {
    const ssize_t got = ::recv(fd(), buffer_.data(), std::min(buffer_.size(), allowance), 0);
    if (got > 0)
      allowance -= static_cast<std::size_t>(got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR) || !wait(Outcome::wants_read))
      return;
  }
}

} // namespace mlockscope::web
