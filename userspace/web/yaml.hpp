// YAML read strictly: every key must be known and stand once, every value has the type asked for.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>
#include <yaml-cpp/yaml.h>

namespace mlockscope::web {

/// Mistakes leave as YAML::Exception: it has the place (`mark`) and a text (`msg`).
[[noreturn]] void reject(const YAML::Node& place, const std::string& why);

/// A mapping, or nothing at all, with a name for error messages. Null values count as not there.
class YamlSection {
public:
  /// With `known` keys, another one is a mistake.
  YamlSection(const YAML::Node& node, std::string name, std::initializer_list<const char*> known);

  [[nodiscard]] bool has(const char* key) const { return fields_.count(key) != 0; }
  [[nodiscard]] bool empty() const { return fields_.empty(); }
  /// The value; a null node if it is not there.
  [[nodiscard]] YAML::Node node(const char* key) const;
  /// The text of a scalar; "" if it is not there.
  [[nodiscard]] std::string text(const char* key) const;
  [[nodiscard]] bool flag(const char* key, bool fallback) const;
  [[nodiscard]] std::vector<std::string> list(const char* key) const;
  [[nodiscard]] const std::map<std::string, YAML::Node>& fields() const { return fields_; }

private:
  std::string name_;
  std::map<std::string, YAML::Node> fields_;
};

/// A mapping from names to texts, in which any name may stand.
[[nodiscard]] std::map<std::string, YAML::Node> yaml_names(const YAML::Node&,
                                                           const std::string& name);

/// The text of a scalar.
[[nodiscard]] std::string yaml_text(const YAML::Node&, const std::string& name);

} // namespace mlockscope::web
