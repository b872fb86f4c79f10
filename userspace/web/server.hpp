// An HTTP server for a handful of pages: Prometheus scrapes one, people and probes read the others.
//
// It takes part in nothing else of the process: its threads block all signals, dispositions stay as
// they are, and its descriptors are close-on-exec from the start.
#pragma once

#include "util/result.hpp"
#include "web/address.hpp"
#include "web/http.hpp"
#include "web/limits.hpp"
#include "web/live_config.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mlockscope::web {

class Server {
public:
  /// Listens on all addresses before it returns. An error is not the user's mistake but what is not
  /// possible here and now: a port in use, an address that is not ours, no permission.
  static util::Result<std::unique_ptr<Server>> start(const std::vector<Address>& addresses,
                                                     std::unique_ptr<LiveConfig> config,
                                                     Routes routes, Limits limits = {});
  Server(const Server&) = delete;
  /// Stops at once, whatever clients do, save that handlers and one password check under way are
  /// waited for.
  ~Server();

  /// One for each address, in their order, with the real port: "http://127.0.0.1:9778",
  /// "https://[::1]:9778", "unix:/run/x.sock".
  [[nodiscard]] std::vector<std::string> urls() const;

private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

} // namespace mlockscope::web
