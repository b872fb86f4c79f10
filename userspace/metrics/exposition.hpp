// What GET /metrics answers.
#pragma once

#include <prometheus/collectable.h>

#include <memory>
#include <string>
#include <vector>

namespace mlockscope::metrics {

/// The text format that all versions of Prometheus read.
inline constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Collectables in the order in which they are shown. Safe to ask from several threads at once if
/// they are.
class Exposition {
public:
  using Collectables = std::vector<std::shared_ptr<prometheus::Collectable>>;
  explicit Exposition(Collectables sources) : sources_(std::move(sources)) {}

  /// All of it, and how long that took, as text.
  [[nodiscard]] std::string text() const;

private:
  Collectables sources_;
};

} // namespace mlockscope::metrics
