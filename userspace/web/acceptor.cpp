#include "web/acceptor.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace mlockscope::web {
namespace {

using namespace std::chrono_literals;

constexpr bool ready(const pollfd& entry) { return entry.revents != 0; }

} // namespace

Acceptor::Acceptor(const std::vector<Listener>& listeners, Http& http, const Wakeup& stop,
                   Limits limits)
    : listeners_(listeners), http_(http), stop_(stop), limits_(limits),
      workers_(limits.threads, [this](std::unique_ptr<Connection> c) { serve(std::move(c)); }) {}

void Acceptor::serve(std::unique_ptr<Connection> connection) {
  bool keep = false;
  try {
    keep = http_.serve(*connection);
  } catch (const std::exception&) {
    // Out of memory, most likely: this client is lost, the next may find some.
  }
  if (keep)
    connection->expire_after(limits_.idle_time);
  else
    connection.reset();
  give_back(std::move(connection));
}

void Acceptor::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(returned_lock_);
    returned_connections_.push_back(std::move(connection));
  }
  returned_.set();
}

void Acceptor::run() {
  for (;;) {
    take_back();
    drop_expired();
    std::vector<pollfd> watched = watch_list();
    ::poll(watched.data(), watched.size(), timeout());
    if (ready(watched[0])) return;
    // The order of watch_list(): connections are behind the listeners.
    submit_ready(&watched[2 + listeners_.size()]);
    accept_ready(&watched[2]);
  }
}

std::vector<pollfd> Acceptor::watch_list() const {
  std::vector<pollfd> list;
  list.reserve(2 + listeners_.size() + waiting_.size() + 1);
  list.push_back({stop_.fd(), POLLIN, 0});
  list.push_back({returned_.fd(), POLLIN, 0});
  const short event = may_accept() ? POLLIN : 0;
  for (const Listener& listener : listeners_) list.push_back({listener.fd(), event, 0});
  for (const auto& connection : waiting_) list.push_back({connection->fd(), POLLIN, 0});
  list.push_back({-1, 0, 0}); // so that there is a place behind the listeners
  return list;
}

int Acceptor::timeout() const {
  const auto now = Connection::Clock::now();
  auto next = now < accept_again_ ? accept_again_ : now + 1h;
  for (const auto& connection : waiting_) next = std::min(next, connection->deadline());
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max(left, 0ms).count());
}

void Acceptor::take_back() {
  returned_.clear();
  const std::lock_guard lock(returned_lock_);
  submitted_ -= returned_connections_.size();
  returned_connections_.remove(nullptr);
  waiting_.splice(waiting_.end(), returned_connections_);
}

void Acceptor::drop_expired() {
  const auto now = Connection::Clock::now();
  waiting_.remove_if([now](const auto& connection) { return connection->deadline() <= now; });
}

void Acceptor::submit_ready(const pollfd* watched) {
  for (auto each = waiting_.begin(); each != waiting_.end(); ++watched) {
    if (!ready(*watched)) {
      ++each;
      continue;
    }
    ++submitted_;
    workers_.submit(std::move(*each));
    each = waiting_.erase(each);
  }
}

bool Acceptor::may_accept() const {
  const bool room = !waiting_.empty() || submitted_ < limits_.connections;
  return room && Connection::Clock::now() >= accept_again_;
}

void Acceptor::accept_ready(const pollfd* watched) {
  for (const Listener& listener : listeners_)
    if (ready(*watched++)) accept_from(listener);
}

void Acceptor::accept_from(const Listener& listener) {
  if (!may_accept()) return;
  util::Fd socket = listener.accept();
  if (!socket) {
    // No descriptor or memory left: what waits is still there later. Otherwise the client has gone.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      accept_again_ = Connection::Clock::now() + 100ms;
    return;
  }
  // An answer is several writes: without this, the last waits for the client's delayed ACK.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // not of Unix sockets
  if (waiting_.size() + submitted_ >= limits_.connections) waiting_.pop_front();
  auto connection = std::make_unique<Connection>(std::move(socket), stop_.fd());
  connection->expire_after(limits_.request_time);
  waiting_.push_back(std::move(connection));
}

} // namespace mlockscope::web
