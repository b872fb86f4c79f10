// {"type":"finding","id":1,"time":"2026-01-31T23:59:59.123456789Z","kind":"spill", ...}
#include "report/json_value.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"
#include "report/stack_text.hpp"

#include <algorithm>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json call_json(const model::CallSite& site, const Context& context) {
  return {{"name", word(site.call)},
          {"addr", has_address(site.call) ? Json(hex(site.addr)) : Json()},
          {"len", has_length(site.call) ? Json(site.len) : Json()},
          {"ret", site.ret},
          {"applied", json_range(site.applied)},
          {"stack", json_stack(context.call_stack)}};
}

/// What is known of a claim. As a part of `claims` it has no stack: there can be many.
Json claim_json(const model::Victim& claim, const Clock& clock) {
  const auto& request = claim.request;
  Json json{{"addr", request ? Json(hex(request->start)) : Json()},
            {"len", request ? Json(request->size()) : Json()},
            {"locked_at", claim.locked_at ? Json(rfc3339(clock, *claim.locked_at)) : Json()},
            {"name", claim.call ? Json(word(*claim.call)) : Json()},
            {"tid", json_optional(claim.tid)}};
  return json;
}

void add_now(Json& json, const model::Victim& claim) {
  if (claim.now) json["now"] = json_range(claim.now);
}

Json victim_json(const std::optional<model::Victim>& victim, const Context& context,
                 const Clock& clock) {
  if (!victim) return nullptr;
  Json json = claim_json(*victim, clock);
  json["stack"] = json_stack(context.victim_stack);
  add_now(json, *victim);
  return json;
}

/// UINT64_MAX is RLIM_INFINITY; no number is that.
Json limit_json(std::uint64_t limit) {
  return limit == UINT64_MAX ? Json("unlimited") : Json(limit);
}

Json evidence_json(const model::Finding& finding) {
  const int number = errno_of(finding.call.ret);
  Json json{{"errno", number != 0 ? Json(errno_name(number)) : Json()},
            {"limit_soft", nullptr},
            {"limit_hard", nullptr},
            {"locked_bytes", nullptr},
            {"cap_ipc_lock", nullptr},
            {"locked_after", finding.locked_after == model::KernelWord::Locked::unknown
                                 ? Json()
                                 : Json(word(finding.locked_after))}};
  if (!finding.failure) return json;
  json["limit_soft"] = limit_json(finding.failure->limit_soft);
  json["limit_hard"] = limit_json(finding.failure->limit_hard);
  json["locked_bytes"] = finding.failure->locked_bytes;
  json["cap_ipc_lock"] = finding.failure->cap_ipc_lock;
  return json;
}

/// A munlock exposes one claim, whose ranges are few; a fork those of the whole address space.
Json exposed_json(const model::Finding& finding) {
  const std::size_t all = finding.exposed.size();
  const std::size_t shown =
      finding.kind == model::Kind::fork ? std::min(all, inherited_ranges_listed) : all;
  Json list = Json::array();
  for (std::size_t i = 0; i < shown; ++i)
    list.push_back(json_range(std::optional(finding.exposed[i])));
  return list;
}

void add_failure(Json& json, const model::Finding& finding) {
  json["count"] = finding.count;
  json["evidence"] = evidence_json(finding);
}

void add_swapped(Json& json, const model::Finding& finding, const Clock& clock) {
  json["finding"] = finding.opener ? Json(static_cast<std::uint64_t>(*finding.opener)) : Json();
  json["seen"] = finding.seen_in_swap ? Json(rfc3339(clock, *finding.seen_in_swap)) : Json();
}

void add_fork(Json& json, const model::Finding& finding, const Clock& clock) {
  for (const char* name : {"child", "parent_ended", "claims", "claims_in_all"})
    json[name] = nullptr;
  json["ranges_in_all"] = finding.exposed.size();
  if (!finding.inherited) return;
  json["child"] = finding.inherited->child_pid;
  json["parent_ended"] = finding.inherited->owner_ended;
  json["claims_in_all"] = finding.inherited->claims_in_all;
  Json list = Json::array();
  for (const model::Victim& claim : finding.inherited->claims) {
    list.push_back(claim_json(claim, clock));
    add_now(list.back(), claim);
  }
  json["claims"] = std::move(list);
}

} // namespace

Json json_finding(const model::Finding& finding, const Context& context,
                  std::optional<model::PageSize> page_size, const Clock& clock) {
  const model::Caller& caller = finding.call.caller;
  const model::ProcessInfo& process = context.process;
  Json json{{"type", "finding"},
            {"id", static_cast<std::uint64_t>(finding.id)},
            {"time", rfc3339(clock, time_of(finding))},
            {"kind", word(finding.kind)},
            {"severity", word(finding.severity)},
            {"confidence", word(finding.confidence)},
            {"pid", caller.pid},
            {"tid", caller.tid},
            {"comm", caller.comm.view()},
            {"exe", json_optional(process.exe)},
            {"uid", json_optional(caller.known_uid())},
            {"cgroup", json_optional(process.cgroup)},
            {"container", json_optional(process.container)},
            {"page_size", page_size ? Json(page_size->bytes()) : Json()},
            {"call", call_json(finding.call, context)},
            {"victim", victim_json(finding.victim, context, clock)},
            {"exposed", exposed_json(finding)},
            {"exposed_bytes", finding.exposed_bytes},
            {"group", context.group ? Json(group_text(*context.group)) : Json()}};
  if (context.group) json["nth_of_group"] = context.nth;
  if (finding.kind == model::Kind::lock_failed) add_failure(json, finding);
  if (finding.kind == model::Kind::swapped) add_swapped(json, finding, clock);
  if (finding.kind == model::Kind::fork) add_fork(json, finding, clock);
  return json;
}

} // namespace mlockscope::report
