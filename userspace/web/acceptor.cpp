#include "web/acceptor.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace mlockscope::web {
namespace {

using namespace std::chrono_literals;

constexpr bool ready(const pollfd& entry) { return entry.revents != 0; }

bool is_older(const std::unique_ptr<Connection>& one, const std::unique_ptr<Connection>& other) {
  return one->since() < other->since();
}

/// Whether the process has a descriptor for a connection and another one for the files of the web
/// configuration, which each request reads.
bool has_descriptors(const Listener& listener) {
  const util::Fd connection(::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0));
  const util::Fd file(::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0));
  return connection && file;
}

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
  if (!keep) connection.reset();
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
    drop_untaken_answers();
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
  for (const auto& connection : waiting_)
    list.push_back({connection->fd(), connection->awaits(), 0});
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
  Connections returned;
  returned_.clear();
  {
    const std::lock_guard lock(returned_lock_);
    returned.swap(returned_connections_);
  }
  submitted_ -= returned.size();
  for (auto& connection : returned) {
    if (!connection) continue;
    // The next request came along with the one before: it queues behind those of other clients.
    if (connection->has_request())
      submit(std::move(connection));
    else
      waiting_.push_back(std::move(connection));
  }
}

void Acceptor::drop_expired() {
  const auto now = Connection::Clock::now();
  waiting_.remove_if([now](const auto& connection) { return connection->deadline() <= now; });
}

/// Answers may be large: of those that clients do not take, a few are borne, the latest.
void Acceptor::drop_untaken_answers() {
  const auto answering = [](const auto& each) { return each->is_answering(); };
  const auto oldest_answer = [](const auto& one, const auto& other) {
    return std::pair(!one->is_answering(), one->since()) <
           std::pair(!other->is_answering(), other->since());
  };
  auto count = std::count_if(waiting_.begin(), waiting_.end(), answering);
  for (; count > static_cast<std::ptrdiff_t>(limits_.threads); --count)
    waiting_.erase(std::min_element(waiting_.begin(), waiting_.end(), oldest_answer));
}

void Acceptor::submit(std::unique_ptr<Connection> connection) {
  ++submitted_;
  workers_.submit(std::move(connection));
}

void Acceptor::submit_ready(const pollfd* watched) {
  for (auto& connection : waiting_)
    if (ready(*watched++)) submit(std::move(connection));
  waiting_.remove(nullptr);
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
  make_room(listener);
  util::Fd socket = listener.accept();
  if (!socket) {
    // No descriptor or memory left: what waits is still there later. Otherwise the client has gone.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
      accept_again_ = Connection::Clock::now() + 100ms;
    return;
  }
  // An answer may be several writes: without this, the last waits for the client's delayed ACK.
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // not of Unix sockets
  waiting_.push_back(std::make_unique<Connection>(std::move(socket), limits_));
}

void Acceptor::make_room(const Listener& listener) {
  if (waiting_.size() + submitted_ >= limits_.connections) evict();
  while (!waiting_.empty() && !has_descriptors(listener)) evict();
}

void Acceptor::evict() {
  waiting_.erase(std::min_element(waiting_.begin(), waiting_.end(), is_older));
}

} // namespace mlockscope::web
