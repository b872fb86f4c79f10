// Requests and answers: HTTP/1.1 by cpp-httplib on our own connections.
//
// httplib parses requests, negotiates compression and writes answers. Its sockets and threads are
// not used: they have no deadline for a whole request, wait for silent clients on pool threads, and
// bind one address a pool.
#pragma once

#include "web/connection.hpp"
#include "web/limits.hpp"
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
  Http(Routes routes, LiveConfig& config, Limits limits);
  Http(const Http&) = delete;
  ~Http();

  /// Answers what has come on a connection that has input: GET and HEAD of the routes, 404, 405 for
  /// other methods, 401 where the configuration has users, 500 while it is bad. False: the
  /// connection is done for. Threads may call it, each with a connection of its own.
  [[nodiscard]] bool serve(Connection& connection);

private:
  class Protocol;
  [[nodiscard]] bool exchange(Connection& connection);

  LiveConfig& config_;
  Limits limits_;
  std::unique_ptr<Protocol> protocol_;
};

} // namespace mlockscope::web
