#include "web/server.hpp"

#include "web/acceptor.hpp"
#include "web/listener.hpp"
#include "web/wakeup.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

namespace mlockscope::web {
namespace {

/// Threads inherit the mask of the one that starts them.
class BlockSignals {
public:
  BlockSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockSignals(const BlockSignals&) = delete;
  ~BlockSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

} // namespace

struct Server::Parts {
  Parts(std::unique_ptr<LiveConfig> live, std::vector<Listener> bound, Routes routes, Limits limits)
      : config(std::move(live)), listeners(std::move(bound)), http(std::move(routes), *config),
        acceptor(listeners, http, stop, limits) {}

  std::unique_ptr<LiveConfig> config;
  std::vector<Listener> listeners;
  Wakeup stop;
  Http http;
  Acceptor acceptor;
  std::thread thread;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

util::Result<std::unique_ptr<Server>> Server::start(const std::vector<Address>& addresses,
                                                    std::unique_ptr<LiveConfig> config,
                                                    Routes routes, Limits limits) {
  std::vector<Listener> listeners;
  for (const Address& address : addresses) {
    auto listener = Listener::open(address);
    if (!listener) return listener.error();
    listeners.push_back(listener.take());
  }
  auto parts =
      std::make_unique<Parts>(std::move(config), std::move(listeners), std::move(routes), limits);
  if (!parts->stop.works() || !parts->acceptor.works())
    return util::system_error("cannot start the web server", EMFILE);
  const BlockSignals for_the_thread;
  try {
    parts->thread = std::thread([acceptor = &parts->acceptor] { acceptor->run(); });
  } catch (const std::system_error& failure) {
    return util::system_error("cannot start the web server's thread", failure.code().value());
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::~Server() {
  parts_->stop.set();
  parts_->http.stop();
  parts_->thread.join();
}

std::vector<std::string> Server::urls() const {
  std::vector<std::string> urls;
  for (const Listener& listener : parts_->listeners)
    urls.push_back(listener.url(parts_->config->has_tls()));
  return urls;
}

} // namespace mlockscope::web
