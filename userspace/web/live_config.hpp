// The web configuration that holds now.
//
// As in exporter-toolkit, the file and the certificates it names are read again for every request
// and every TLS handshake, so a change needs no restart or signal. While what they hold is bad,
// requests and handshakes are refused: falling back to what held before would keep a user that was
// just removed, or a certificate that was just revoked. Reading some kilobytes costs microseconds;
// parsing is done only when a byte has changed. Comparing times and sizes instead would miss a
// change within the file system's clock tick. Whoever changes a file should rename a finished one
// to its name: what is half written when a request comes is judged as it is.
#pragma once

#include "util/result.hpp"
#include "web/config.hpp"
#include "web/tls.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace mlockscope::web {

/// One reading of the configuration; never changes.
struct Settings {
  Config config;
  std::shared_ptr<const TlsContext> tls; ///< none: plain HTTP
};

class LiveConfig {
public:
  /// Called when a change made the configuration bad, once a change, by one thread at a time.
  using Report = std::function<void(const util::Error&)>;

  /// No file: plain HTTP for everybody, for ever. The error is the user's mistake (bad usage): an
  /// unreadable file, a bad line, a certificate that cannot be used.
  static util::Result<std::unique_ptr<LiveConfig>> open(std::optional<std::string> file,
                                                        Report report = nullptr);

  /// None while the configuration is bad. Turning TLS on or off is such a mistake too: listeners
  /// speak what they spoke at the start until the program is started again. Threads may call it.
  [[nodiscard]] std::shared_ptr<const Settings> now();

  [[nodiscard]] bool has_tls() const { return has_tls_; }

private:
  /// Texts and what was made of them.
  struct Reading {
    std::string text;
    TlsMaterial material;
    std::shared_ptr<const Settings> settings;
  };

  LiveConfig(std::optional<std::string> file, Report report);
  [[nodiscard]] util::Result<Reading> read() const;

  const std::optional<std::string> file_;
  const Report report_;
  bool has_tls_ = false;

  std::mutex lock_;
  Reading good_;         ///< the last that could be used
  std::string reported_; ///< the message of the last error, "" after a good reading
};

} // namespace mlockscope::web
