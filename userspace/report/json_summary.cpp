// {"type":"summary","events":1234,"lost":0,"divergences":0,"calls":{"mlock":12,"munlock":11}, ...}
#include "report/json_value.hpp"

#include "model/words.hpp"
#include "report/stack_text.hpp"
#include "report/text.hpp"

#include <algorithm>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json calls_json(const model::Totals& totals) {
  Json calls = Json::object();
  for (const auto& [call, count] : totals.calls) calls[std::string(word(call))] = count;
  return calls;
}

Json faults_json(const model::Totals& totals) {
  const auto counts = [](const model::FaultCounts& faults) {
    return Json{{"minor", faults.minor}, {"major", faults.major}};
  };
  return {{"locked", counts(totals.locked_faults)}, {"exposed", counts(totals.exposed_faults)}};
}

Json exposure_json(const ProcessExposure& sum) {
  return {{"pid", sum.pid},
          {"comm", sum.comm.view()},
          {"exposures", sum.exposures},
          {"open", sum.open},
          {"bytes", sum.bytes},
          {"longest_seconds", static_cast<double>(sum.longest) / 1e9},
          {"byte_seconds", sum.byte_seconds}};
}

void add_exposures(Json& json, const Tally& tally) {
  const auto worst = tally.worst();
  const std::size_t listed = std::min(worst.size(), processes_listed);
  Json list = Json::array();
  std::uint64_t others = tally.others();
  for (std::size_t i = 0; i < worst.size(); ++i) {
    if (i < listed)
      list.push_back(exposure_json(worst[i]));
    else
      others += worst[i].exposures;
  }
  json["exposures"] = std::move(list);
  json["exposures_of_others"] = others;
}

Json faults_of_json(const ProcessFaults& sum) {
  return {{"pid", sum.pid},
          {"comm", sum.comm.view()},
          {"locked", {{"minor", sum.locked.minor}, {"major", sum.locked.major}}},
          {"exposed", {{"minor", sum.exposed.minor}, {"major", sum.exposed.major}}}};
}

void add_faults(Json& json, const Tally& tally) {
  Json list = Json::array();
  for (const ProcessFaults& sum : tally.busiest())
    if (list.size() < processes_listed) list.push_back(faults_of_json(sum));
  json["faults_by_process"] = std::move(list);
}

Json stacks_json(const model::StackCounts& counts) {
  return {{"lost", counts.lost},
          {"skipped", counts.skipped},
          {"recycled", counts.recycled},
          {"forgotten", counts.forgotten},
          {"unnamed", counts.unnamed}};
}

Json group_json(const Group& group, const Clock& clock) {
  return {{"group", group_text(group.id)},
          {"kind", word(group.kind)},
          {"severity", word(group.severity)},
          {"findings", group.findings},
          {"count", group.count},
          {"first", rfc3339(clock, group.first)},
          {"last", rfc3339(clock, group.last)},
          {"exposed_bytes", group.bytes},
          {"example", static_cast<std::uint64_t>(group.example)},
          {"comm", group.comm.view()},
          {"call_place", json_frame(group.call_place)},
          {"victim_place", group.victim_place ? json_frame(*group.victim_place) : Json()}};
}

Json groups_json(const std::vector<Group>& groups, const Clock& clock) {
  Json list = Json::array();
  for (const Group& group : groups)
    if (list.size() < groups_listed) list.push_back(group_json(group, clock));
  return list;
}

} // namespace

Json findings_json(const std::map<model::Kind, std::uint64_t>& counts) {
  Json findings = Json::object();
  for (const model::Kind kind : model::kinds) {
    const auto at = counts.find(kind);
    findings[std::string(word(kind))] = at == counts.end() ? 0 : at->second;
  }
  return findings;
}

Json refused_json(const Refused& calls) {
  Json refused = Json::object();
  for (const auto& [what, count] : calls)
    refused[std::string(word(what.first))][errno_name(static_cast<int>(what.second))] = count;
  return refused;
}

Json json_summary(const Summary& summary, const Clock& clock) {
  const model::Totals& totals = summary.totals;
  Json json{{"type", "summary"},
            {"events", totals.events},
            {"lost", totals.lost},
            {"divergences", totals.divergences},
            {"calls", calls_json(totals)},
            {"findings", findings_json(totals.findings)},
            {"address_spaces", totals.address_spaces},
            {"seconds", summary.seconds},
            {"backend", summary.backend},
            {"sees_32_bit", summary.sees_32_bit},
            {"time", rfc3339(clock, summary.time)},
            {"unlocks_without_lock", totals.unlocks_without_lock},
            {"lock_failures", totals.lock_failures},
            {"claims_dropped", totals.claims_dropped},
            {"findings_dropped", totals.findings_dropped},
            {"faults", faults_json(totals)}};
  add_faults(json, summary.tally);
  add_exposures(json, summary.tally);
  if (summary.stacks != model::StackCounts{}) json["stacks"] = stacks_json(summary.stacks);
  if (summary.suppressed != 0) json["suppressed"] = summary.suppressed;
  if (!summary.groups.empty()) json["groups"] = groups_json(summary.groups, clock);
  if (!summary.refused.empty()) json["refused"] = refused_json(summary.refused);
  return json;
}

} // namespace mlockscope::report
