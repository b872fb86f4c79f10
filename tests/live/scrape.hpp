// A client of the exporter that a test runs: it asks as plainly as can be, or hangs on purpose.
#pragma once

#include "support.hpp"
#include "util/fd.hpp"

#include <map>
#include <string>

namespace mlockscope::live {

struct Answer {
  int status = 0;
  std::string head, body;
};

/// The exporter of a tracer that was started with `--web.listen-address 127.0.0.1:0`.
class Exporter {
public:
  /// Waits until the tracer has told its address.
  explicit Exporter(const Program& tracer);

  [[nodiscard]] Answer get(const std::string& path) const;
  /// A connection on which this was sent, and nothing else will be done.
  [[nodiscard]] util::Fd hang(const std::string& sent) const;

  /// Every series of /metrics, as it is written there: `name{label="value"}`.
  using Series = std::map<std::string, double>;
  [[nodiscard]] Series scrape() const;

private:
  int port_ = 0;
};

/// The sum over all series of a metric.
[[nodiscard]] double sum_of(const Exporter::Series&, const std::string& metric);

} // namespace mlockscope::live
