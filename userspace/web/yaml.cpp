#include "web/yaml.hpp"

#include <algorithm>

namespace mlockscope::web {
namespace {

std::string join(std::initializer_list<const char*> words) {
  std::string text;
  for (const char* word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

} // namespace

void reject(const YAML::Node& place, const std::string& why) {
  throw YAML::Exception(place.Mark(), why);
}

std::string yaml_text(const YAML::Node& node, const std::string& name) {
  if (!node.IsScalar()) reject(node, name + " must be one text");
  return node.Scalar();
}

std::map<std::string, YAML::Node> yaml_names(const YAML::Node& node, const std::string& name) {
  std::map<std::string, YAML::Node> fields;
  if (!node || node.IsNull()) return fields;
  if (!node.IsMap()) reject(node, name + " must be a mapping: 'key: value' lines");
  for (const auto& field : node) {
    const std::string key = yaml_text(field.first, "a key of " + name);
    if (!fields.emplace(key, field.second).second)
      reject(field.first, "'" + key + "' stands twice in " + name);
  }
  return fields;
}

YamlSection::YamlSection(const YAML::Node& node, std::string name,
                         std::initializer_list<const char*> known)
    : name_(std::move(name)) {
  for (const auto& [key, value] : yaml_names(node, name_)) {
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&key = key](const char* each) { return key == each; });
    if (!is_known)
      reject(value, "'" + key + "' cannot stand in " + name_ + ", only " + join(known) + " can");
    if (!value.IsNull()) fields_.emplace(key, value);
  }
}

YAML::Node YamlSection::node(const char* key) const {
  const auto found = fields_.find(key);
  return found == fields_.end() ? YAML::Node() : found->second;
}

std::string YamlSection::text(const char* key) const {
  return has(key) ? yaml_text(node(key), key) : "";
}

bool YamlSection::flag(const char* key, bool fallback) const {
  bool value = fallback;
  if (has(key) && !YAML::convert<bool>::decode(node(key), value))
    reject(node(key), std::string(key) + " must be true or false");
  return value;
}

std::vector<std::string> YamlSection::list(const char* key) const {
  std::vector<std::string> texts;
  if (!has(key)) return texts;
  if (!node(key).IsSequence()) reject(node(key), std::string(key) + " must be a list");
  for (const auto& item : node(key))
    texts.push_back(yaml_text(item, "an entry of " + std::string(key)));
  return texts;
}

} // namespace mlockscope::web
