#include "web/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <sys/socket.h>
#include <utility>

namespace mlockscope::web {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t chunk_size = 4096;
constexpr std::string_view end_of_head = "\r\n\r\n";
constexpr const char* not_https = "HTTP/1.0 400 Bad Request\r\n"
                                  "Content-Type: text/plain\r\n\r\n"
                                  "This port speaks HTTPS.\n";

} // namespace

Connection::Connection(util::Fd socket, const Limits& limits)
    : socket_(std::move(socket)), limits_(limits) {
  enter(Phase::receiving, limits_.request_time);
}

Connection::~Connection() {
  if (!session_ || broken_ || phase_ == Phase::handshaking) return;
  ::ERR_clear_error();
  ::SSL_shutdown(session_.get());
}

void Connection::enter(Phase phase, std::chrono::milliseconds time) {
  phase_ = phase;
  since_ = Clock::now();
  deadline_ = since_ + time;
}

bool Connection::start_tls(std::shared_ptr<const TlsContext> context) {
  context_ = std::move(context);
  session_.reset(context_->new_session());
  phase_ = Phase::handshaking; // by the deadline that the connection began with
  return session_ && ::SSL_set_fd(session_.get(), fd()) == 1;
}

void Connection::advance() {
  for (bool goes_on = true; goes_on;) {
    switch (phase_) {
    case Phase::handshaking:
      goes_on = shake_hands();
      break;
    case Phase::receiving:
      goes_on = receive();
      break;
    case Phase::answering:
      goes_on = send();
      break;
    case Phase::parting:
      goes_on = part();
      break;
    case Phase::requested:
    case Phase::over:
      return;
    }
  }
}

bool Connection::shake_hands() {
  ::ERR_clear_error();
  if (settle_tls(::SSL_accept(session_.get())) > 0) {
    await_request();
    return true;
  }
  if (phase_ != Phase::over || ERR_GET_REASON(::ERR_peek_error()) != SSL_R_HTTP_REQUEST)
    return false;
  session_.reset();
  answer(not_https, Then::close);
  enter(Phase::answering, limits_.answer_time);
  return true;
}

void Connection::await_request() {
  enter(Phase::receiving, received_.empty() ? limits_.idle_time : limits_.request_time);
}

std::size_t Connection::head_size() const {
  const std::size_t end = received_.find(end_of_head);
  if (end != std::string::npos) return end + end_of_head.size();
  return received_.size() < limits_.request_bytes ? 0 : received_.size();
}

bool Connection::receive() {
  while (head_size() == 0) {
    std::array<char, chunk_size> chunk; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got =
        input(chunk.data(), std::min(chunk.size(), limits_.request_bytes - received_.size()));
    if (got == 0) phase_ = Phase::over;
    if (got <= 0) return false;
    if (received_.empty()) enter(Phase::receiving, limits_.request_time);
    received_.append(chunk.data(), static_cast<std::size_t>(got));
  }
  phase_ = Phase::requested;
  return true;
}

std::string Connection::take_request() {
  const std::size_t size = head_size();
  std::string rest = received_.substr(size);
  received_.resize(size);
  enter(Phase::answering, limits_.answer_time);
  return std::exchange(received_, std::move(rest));
}

void Connection::answer(std::string bytes, Then then) {
  answer_ = std::move(bytes);
  sent_ = 0;
  then_ = then;
}

bool Connection::send() {
  while (sent_ < answer_.size()) {
    const ssize_t sent = output(std::string_view(answer_).substr(sent_));
    if (sent == 0) phase_ = Phase::over;
    if (sent <= 0) return false;
    sent_ += static_cast<std::size_t>(sent);
  }
  answer_ = {}; // an idle connection keeps no memory
  if (then_ == Then::close)
    start_parting();
  else
    await_request();
  return true;
}

/// Closing a socket with unread bytes resets the connection, and the client may lose the answer by
/// it: so we end our side, and take a little of what the client still sends.
void Connection::start_parting() {
  if (session_) ::SSL_shutdown(session_.get());
  broken_ = true;
  ::shutdown(fd(), SHUT_WR);
  allowance_ = std::size_t{64} * 1024;
  enter(Phase::parting, 500ms);
}

bool Connection::part() {
  while (allowance_ > 0) {
    std::array<char, chunk_size> ignored; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got =
        settle_plain(::recv(fd(), ignored.data(), std::min(ignored.size(), allowance_), 0), POLLIN);
    if (got < 0) return false;
    if (got == 0) break;
    allowance_ -= static_cast<std::size_t>(got);
  }
  phase_ = Phase::over;
  return true;
}

ssize_t Connection::input(char* to, std::size_t size) {
  if (!session_) return settle_plain(::recv(fd(), to, size, 0), POLLIN);
  ::ERR_clear_error();
  return settle_tls(::SSL_read(session_.get(), to, static_cast<int>(size)));
}

ssize_t Connection::output(std::string_view bytes) {
  if (!session_)
    return settle_plain(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), POLLOUT);
  constexpr std::size_t most = std::size_t{1} << 20; // SSL_write counts in int
  ::ERR_clear_error();
  return settle_tls(
      ::SSL_write(session_.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), most))));
}

ssize_t Connection::settle_plain(ssize_t result, short event) {
  if (result >= 0) return result;
  if (errno == EAGAIN || errno == EINTR)
    awaits_ = event;
  else
    phase_ = Phase::over;
  return -1;
}

ssize_t Connection::settle_tls(int result) {
  switch (::SSL_get_error(session_.get(), result)) {
  case SSL_ERROR_NONE:
    return result;
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  case SSL_ERROR_WANT_READ:
    awaits_ = POLLIN;
    return -1;
  case SSL_ERROR_WANT_WRITE:
    awaits_ = POLLOUT;
    return -1;
  default:
    broken_ = true;
    phase_ = Phase::over;
    return -1;
  }
}

} // namespace mlockscope::web
