// The one thread that waits for clients. Connections stay here, in one poll(), until something can
// be done for them or their time is over; workers do it, and never wait for a client.
#pragma once

#include "web/connection.hpp"
#include "web/http.hpp"
#include "web/limits.hpp"
#include "web/listener.hpp"
#include "web/wakeup.hpp"
#include "web/workers.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <poll.h>
#include <vector>

namespace mlockscope::web {

class Acceptor {
public:
  /// `stop` ends run(). All must outlive the acceptor.
  Acceptor(const std::vector<Listener>& listeners, Http& http, const Wakeup& stop, Limits limits);
  Acceptor(const Acceptor&) = delete;

  /// False: the process has no descriptor left for it.
  [[nodiscard]] bool works() const { return returned_.works(); }

  /// Accepts and serves until stop is set. The thread that calls it blocks all signals; so do the
  /// workers that it starts.
  void run();

private:
  using Connections = std::list<std::unique_ptr<Connection>>;

  /// In a worker.
  void serve(std::unique_ptr<Connection> connection);
  /// A worker is done with a connection; null: it is closed.
  void give_back(std::unique_ptr<Connection> connection);

  void take_back();
  void drop_expired();
  void drop_untaken_answers();
  [[nodiscard]] std::vector<pollfd> watch_list() const;
  [[nodiscard]] int timeout() const;
  void submit(std::unique_ptr<Connection> connection);
  void submit_ready(const pollfd* watched);
  void accept_ready(const pollfd* watched);
  [[nodiscard]] bool may_accept() const;
  void accept_from(const Listener& listener);
  void make_room(const Listener& listener);
  void evict();

  const std::vector<Listener>& listeners_;
  Http& http_;
  const Wakeup& stop_;
  const Limits limits_;
  Wakeup returned_;
  std::mutex returned_lock_;
  Connections returned_connections_; ///< null: closed
  Connections waiting_;
  std::size_t submitted_ = 0; ///< with workers, or in their queue
  Connection::Clock::time_point accept_again_{};
  Workers workers_; // last: its threads use the rest
};

} // namespace mlockscope::web
