// Certificates and keys as the configuration gives them: in a file or in place.
#pragma once

#include "util/result.hpp"

#include <string>

namespace mlockscope::web {

/// At most one of both is set.
struct PemSource {
  std::string text;
  std::string path;

  [[nodiscard]] bool empty() const { return text.empty() && path.empty(); }
};

/// The whole text of a regular file, not more than `limit` bytes.
[[nodiscard]] util::Result<std::string> read_file(const std::string& path, std::size_t limit);

/// The text itself, or that of the file.
[[nodiscard]] util::Result<std::string> read_pem(const PemSource&);

} // namespace mlockscope::web
