// The part of a SARIF file that is the same for all runs: the kinds, and how to mend each.
#include "report/sarif_value.hpp"

#include "model/words.hpp"
#include "report/explain.hpp"
#include "report/prose.hpp"

#include <algorithm>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;
using model::Kind;
using model::Severity;

/// The severity that the semantics give a kind; lock-failed and fork can be another.
Severity usual_severity(Kind kind) {
  switch (kind) {
  case Kind::swapped:
    return Severity::critical;
  case Kind::spill:
  case Kind::self_spill:
  case Kind::nested:
  case Kind::lock_failed:
    return Severity::high;
  case Kind::stacked:
  case Kind::lockall_hole:
  case Kind::fork:
    break;
  }
  return Severity::medium;
}

/// GitHub: over 9.0 is critical, from 7.0 high, from 4.0 medium, above 0 low.
std::string_view score(Severity severity) {
  switch (severity) {
  case Severity::critical:
    return "9.1";
  case Severity::high:
    return "7.5";
  case Severity::medium:
    return "5.0";
  case Severity::low:
    break;
  }
  return "2.0";
}

/// "self-spill" as the name of a rule, "SelfSpill".
std::string pascal_case(std::string_view words) {
  std::string name;
  bool upper = true;
  for (const char c : words) {
    if (c != '-') name += upper ? static_cast<char>(c - 'a' + 'A') : c;
    upper = c == '-';
  }
  return name;
}

Json rule(Kind kind) {
  const Severity severity = usual_severity(kind);
  Json to_cwe{
      {"target", {{"id", "591"}, {"index", 0}, {"toolComponent", {{"name", "CWE"}, {"index", 0}}}}},
      {"kinds", Json::array({"superset"})}};
  return {{"id", word(kind)},
          {"name", pascal_case(word(kind))},
          {"shortDescription", {{"text", explanation(kind).title}}},
          {"fullDescription", {{"text", explanation(kind).meaning}}},
          {"help", {{"text", explain_briefly(kind)}, {"markdown", explain_markdown(kind)}}},
          {"defaultConfiguration", {{"level", sarif_level(severity)}}},
          {"relationships", Json::array({std::move(to_cwe)})},
          {"properties",
           {{"tags", Json::array({"security", "external/cwe/cwe-591"})},
            {"precision", "high"},
            {"problem.severity", severity == Severity::medium ? "warning" : "error"},
            {"security-severity", score(severity)}}}};
}

} // namespace

std::string_view sarif_level(Severity severity) {
  if (severity >= Severity::high) return "error";
  return severity == Severity::medium ? "warning" : "note";
}

Json sarif_driver(const std::string& version) {
  Json rules = Json::array();
  for (const Kind kind : model::kinds) rules.push_back(rule(kind));
  return {{"name", "mlockscope"},
          {"version", version},
          {"supportedTaxonomies", Json::array({{{"name", "CWE"}, {"index", 0}}})},
          {"rules", std::move(rules)}};
}

Json sarif_taxonomy() {
  Json taxon{{"id", "591"},
             {"name", "SensitiveDataStorageInImproperlyLockedMemory"},
             {"shortDescription", {{"text", "Sensitive Data Storage in Improperly Locked Memory"}}},
             {"helpUri", "https://cwe.mitre.org/data/definitions/591.html"}};
  return {{"name", "CWE"},
          {"organization", "MITRE"},
          {"shortDescription", {{"text", "Common Weakness Enumeration"}}},
          {"informationUri", "https://cwe.mitre.org/"},
          {"isComprehensive", false},
          {"taxa", Json::array({std::move(taxon)})}};
}

} // namespace mlockscope::report
