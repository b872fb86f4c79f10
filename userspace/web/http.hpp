// Requests and answers: HTTP/1.1 by cpp-httplib on our own connections.
//
// httplib parses requests, negotiates compression and words answers, from text to text. Its sockets
// and threads are not used: they have no deadline for a whole request, wait for silent clients on
// pool threads, and bind one address a pool.
#pragma once

#include "web/authenticator.hpp"
#include "web/connection.hpp"
#include "web/live_config.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace mlockscope::web {

struct Response {
  int status = 200;
  std::string type = "text/plain; charset=utf-8"; ///< Content-Type
  std::string body;
};

/// May be called by several threads at once. What it throws becomes status 500.
using Handler = std::function<Response()>;
/// By path, as in "/metrics".
using Routes = std::map<std::string, Handler>;

class Http {
public:
  /// Leaves the process' signal dispositions as they were. `config` must outlive it.
  Http(Routes routes, LiveConfig& config, PasswordCheck matches = matches_bcrypt);
  Http(const Http&) = delete;
  ~Http();

  /// Goes on with a connection for which something has come, by one request at most, and without
  /// waiting for the client: GET and HEAD of the routes, 404, 405 for other methods, 401 where the
  /// configuration has users, 503 while too many passwords are to be checked, 500 while the
  /// configuration is bad. Threads may call it, each with a connection of its own. False: the
  /// connection is done for.
  [[nodiscard]] bool serve(Connection& connection);

  /// Requests that wait for a password check are answered 503, now and later.
  void stop();

private:
  class Protocol;
  void answer(Connection& connection);

  LiveConfig& config_;
  std::unique_ptr<Protocol> protocol_;
};

} // namespace mlockscope::web
