// The metrics of one tracing, served while it runs.
#pragma once

#include "cli/options.hpp"
#include "metrics/exchange.hpp"
#include "metrics/recorder.hpp"
#include "web/server.hpp"

#include <atomic>
#include <memory>

namespace mlockscope::cli {

/// Clients are served by threads of its own. Until ready() they get zeros.
class Exporter {
public:
  /// Null if nobody asked for metrics. The error is the user's mistake: an address or a
  /// configuration file that is none.
  [[nodiscard]] static util::Result<std::unique_ptr<Exporter>> prepare(const MetricsOptions&);
  /// Until its destruction. The error is that it is not possible here: a port in use.
  [[nodiscard]] util::Status listen();

  [[nodiscard]] metrics::Recorder& recorder() { return recorder_; }
  [[nodiscard]] std::vector<std::string> urls() const { return server_->urls(); }
  /// For epoll: readable while a scrape waits for answer_if_asked().
  [[nodiscard]] int fd() const { return exchange_.fd(); }

  /// From now on nobody waits for answer_if_asked(): the last answer has to do.
  void close() { exchange_.close(); }

  /// The probes are attached, and from now on answer_if_asked() is called.
  void ready() { ready_ = true; }
  template <class Take> void answer_if_asked(Take&& take) {
    if (const std::uint64_t wish = exchange_.wish(); wish != 0) exchange_.answer(wish, take());
  }

private:
  explicit Exporter(const MetricsOptions&);
  [[nodiscard]] std::map<std::string, web::Handler> routes();
  [[nodiscard]] metrics::Exchange::Answer snapshot();
  [[nodiscard]] web::Response healthy();

  std::vector<web::Address> addresses_;
  std::unique_ptr<web::LiveConfig> config_; ///< until listen()
  metrics::Recorder recorder_;
  metrics::Exchange exchange_;
  std::atomic<bool> ready_ = false;
  std::unique_ptr<web::Server> server_; ///< last: its threads use all of the above
};

} // namespace mlockscope::cli
