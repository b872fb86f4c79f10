// The backend that MLOCKSCOPE_TEST_BACKEND names, for tests that have a capture::Tracer of their
// own.
#pragma once

#include "capture/backend.hpp"

#include <cstdlib>
#include <optional>
#include <string_view>

namespace mlockscope::live {

[[nodiscard]] inline std::optional<capture::Backend> wanted_backend() {
  const char* const wanted = std::getenv("MLOCKSCOPE_TEST_BACKEND");
  for (const capture::Backend backend : capture::all_backends)
    if (wanted != nullptr && capture::name_of(backend) == std::string_view(wanted)) return backend;
  return std::nullopt;
}

} // namespace mlockscope::live
