#include "symbols/channel.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>

namespace mlockscope::symbols {
namespace {

using Length = std::uint32_t;

struct Control {
  alignas(cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
};

void attach(msghdr& message, Control& control, int passed) {
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof(control.bytes);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &passed, sizeof(int));
}

util::Fd detach(msghdr& message) {
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  int passed = -1;
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
      header->cmsg_len == CMSG_LEN(sizeof(int)))
    std::memcpy(&passed, CMSG_DATA(header), sizeof(int));
  return util::Fd(passed);
}

bool read_fully(int socket, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(socket, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

} // namespace

Channel::Channel(util::Fd socket, std::size_t most) : socket_(std::move(socket)), most_(most) {}

void Channel::send(std::string_view message) {
  if (gone_) return;
  const auto length = static_cast<Length>(message.size());
  out_.append(reinterpret_cast<const char*>(&length), sizeof(length));
  out_.append(message);
  flush();
}

void Channel::flush() {
  while (!gone_ && sent_ < out_.size()) {
    const ssize_t sent = ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0)
      gone_ = true;
    else
      sent_ += static_cast<std::size_t>(sent);
  }
  // Moved to the front now and then, not for every send.
  if (gone_ || sent_ == out_.size() || sent_ > std::size_t{1} << 20) {
    out_.erase(0, gone_ ? out_.size() : sent_);
    sent_ = 0;
  }
}

void Channel::receive(std::vector<std::string>& messages) {
  char piece[std::size_t{64} << 10];
  while (!gone_) {
    const ssize_t got = ::recv(socket_.get(), piece, sizeof(piece), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      gone_ = true;
      break;
    }
    in_.append(piece, static_cast<std::size_t>(got));
    split(messages);
  }
}

void Channel::split(std::vector<std::string>& messages) {
  std::size_t at = 0;
  Length length = 0;
  while (in_.size() - at >= sizeof(length)) {
    std::memcpy(&length, in_.data() + at, sizeof(length));
    if (length > most_) {
      gone_ = true;
      break;
    }
    if (in_.size() - at - sizeof(length) < length) break;
    messages.push_back(in_.substr(at + sizeof(length), length));
    at += sizeof(length) + length;
  }
  in_.erase(0, at);
}

bool send_blocking(int socket, std::string_view message, int passed) {
  auto length = static_cast<Length>(message.size());
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  bytes += message;
  Control control{};
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    iovec piece{bytes.data() + sent, bytes.size() - sent};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    if (passed >= 0 && sent == 0) attach(header, control, passed);
    const ssize_t done = ::sendmsg(socket, &header, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    sent += static_cast<std::size_t>(done);
  }
  return true;
}

bool receive_blocking(int socket, std::string& message, std::size_t most, util::Fd& passed) {
  Length length = 0;
  Control control{};
  iovec piece{&length, sizeof(length)};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = sizeof(control.bytes);
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  passed = detach(header);
  const auto have = static_cast<std::size_t>(got);
  if (!read_fully(socket, reinterpret_cast<char*>(&length) + have, sizeof(length) - have))
    return false;
  if (length > most) return false;
  message.resize(length);
  return read_fully(socket, message.data(), length);
}

} // namespace mlockscope::symbols
