// Pieces of SARIF files.
#pragma once

#include "report/clock.hpp"
#include "report/results.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace mlockscope::report {

/// {"text": ...}. Braces are doubled and brackets that could begin a link are escaped, as chapter
/// 3.11 of the standard wants it: names of functions have both.
[[nodiscard]] nlohmann::ordered_json sarif_message(std::string_view text);

/// "error" for critical and high, "warning" for medium, "note" for low.
[[nodiscard]] std::string_view sarif_level(model::Severity);

/// tool.driver: name, version, all kinds as rules, in the order of model::kinds.
[[nodiscard]] nlohmann::ordered_json sarif_driver(const std::string& version);
/// CWE, as far as the rules point to it.
[[nodiscard]] nlohmann::ordered_json sarif_taxonomy();

/// A path as the path of a URI: all but letters, digits and -._~/ become %XX.
[[nodiscard]] std::string percent_encoded(std::string_view path);
/// {"uri": ..., "uriBaseId": "%SRCROOT%"} of a source file or a program; without the second if it
/// is not below `source_root`. A relative path that leaves its folder is named by its last part.
[[nodiscard]] nlohmann::ordered_json sarif_artifact(std::string_view path,
                                                    std::string_view source_root);

/// Its locations are the innermost places in source files below `source_root`, as a service can
/// show only these; where there are none, the places themselves.
[[nodiscard]] nlohmann::ordered_json sarif_result(const Result&, const Clock&,
                                                  std::string_view source_root);

} // namespace mlockscope::report
