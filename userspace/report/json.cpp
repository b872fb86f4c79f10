// {"type":"call","time":"2026-01-31T23:59:59.000000001Z","pid":7,"tid":7,"comm":"demo",
//  "name":"munlock","addr":"0x7f00deadb000","len":32,"flags":null,"ret":0, ...}
//
// ensure_ascii makes every line plain ASCII, so no terminal, log shipper or parser can trip over a
// name; invalid UTF-8 becomes U+FFFD. What is not known, or what a call does not have, is null.
#include "report/json.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"
#include "report/json_value.hpp"
#include "report/text.hpp"

#include <array>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kinds{
    model::Kind::spill,        model::Kind::self_spill,  model::Kind::nested, model::Kind::stacked,
    model::Kind::lockall_hole, model::Kind::lock_failed, model::Kind::fork,   model::Kind::swapped};

Json call_json(const model::CallSite& site) {
  return {{"name", word(site.call)},
          {"addr", has_address(site.call) ? Json(hex(site.addr)) : Json()},
          {"len", has_length(site.call) ? Json(site.len) : Json()},
          {"ret", site.ret},
          {"applied", json_range(site.applied)},
          {"stack", nullptr}};
}

Json victim_json(const std::optional<model::Victim>& victim, const Clock& clock) {
  if (!victim) return nullptr;
  const auto& request = victim->request;
  Json json{{"addr", request ? Json(hex(request->start)) : Json()},
            {"len", request ? Json(request->size()) : Json()},
            {"locked_at", victim->locked_at ? Json(rfc3339(clock, *victim->locked_at)) : Json()},
            {"name", victim->call ? Json(word(*victim->call)) : Json()},
            {"tid", json_optional(victim->tid)},
            {"stack", nullptr}};
  if (victim->now) json["now"] = json_range(victim->now);
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

Json ranges_json(const std::vector<model::ByteRange>& ranges) {
  Json list = Json::array();
  for (const auto& range : ranges) list.push_back(json_range(std::optional(range)));
  return list;
}

void write_line(Writer& out, const Json& json) {
  out.write(json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n");
  out.flush();
}

} // namespace

void JsonSink::start(const Start& start) {
  page_size_ = start.page_size;
  write_line(out_, {{"type", "start"},
                    {"version", start.version},
                    {"schema", 1},
                    {"kernel", start.kernel},
                    {"machine", start.machine},
                    {"page_size", start.page_size.bytes()},
                    {"backend", start.backend},
                    {"time", rfc3339(clock_, start.time)}});
}

void JsonSink::finding(const model::Finding& finding, const ProcessInfo& process) {
  const model::Caller& caller = finding.call.caller;
  Json json{{"type", "finding"},
            {"id", static_cast<std::uint64_t>(finding.id)},
            {"time", rfc3339(clock_, finding.call.time)},
            {"kind", word(finding.kind)},
            {"severity", word(finding.severity)},
            {"confidence", word(finding.confidence)},
            {"pid", caller.pid},
            {"tid", caller.tid},
            {"comm", caller.comm.view()},
            {"exe", json_optional(process.exe)},
            {"uid", caller.uid},
            {"cgroup", json_optional(process.cgroup)},
            {"container", json_optional(process.container)},
            {"page_size", page_size_ ? Json(page_size_->bytes()) : Json()},
            {"call", call_json(finding.call)},
            {"victim", victim_json(finding.victim, clock_)},
            {"exposed", ranges_json(finding.exposed)},
            {"exposed_bytes", finding.exposed_bytes},
            {"group", nullptr}};
  if (finding.kind == model::Kind::lock_failed) {
    json["count"] = finding.count;
    json["evidence"] = evidence_json(finding);
  }
  write_line(out_, json);
}

void JsonSink::exposure(const model::Exposure& exposure) {
  write_line(out_, {{"type", "exposure"},
                    {"finding", static_cast<std::uint64_t>(exposure.finding)},
                    {"pid", exposure.pid},
                    {"closed", word(exposure.closed)},
                    {"seconds", static_cast<double>(exposure.ended - exposure.opened) / 1e9},
                    {"bytes", exposure.bytes}});
}

void JsonSink::call(const model::CallEvent& event, const model::CallReading& reading) {
  line_.clear();
  append_call(line_, event, reading, clock_);
  out_.write(line_);
}

void JsonSink::lost(const model::LostEvent& lost) {
  write_line(out_, {{"type", "lost"},
                    {"count", lost.count},
                    {"time", rfc3339(clock_, lost.time)},
                    {"cause", lost.cause}});
}

void JsonSink::summary(const Summary& summary) {
  const model::Totals& totals = summary.totals;
  Json calls = Json::object();
  for (const auto& [call, count] : totals.calls) calls[std::string(word(call))] = count;
  Json findings = Json::object();
  for (const model::Kind kind : kinds) {
    const auto at = totals.findings.find(kind);
    findings[std::string(word(kind))] = at == totals.findings.end() ? 0 : at->second;
  }
  write_line(out_, {{"type", "summary"},
                    {"events", totals.events},
                    {"lost", totals.lost},
                    {"divergences", totals.divergences},
                    {"calls", calls},
                    {"findings", findings},
                    {"address_spaces", totals.address_spaces},
                    {"seconds", summary.seconds},
                    {"backend", summary.backend},
                    {"time", rfc3339(clock_, summary.time)},
                    {"unlocks_without_lock", totals.unlocks_without_lock},
                    {"lock_failures", totals.lock_failures},
                    {"claims_dropped", totals.claims_dropped},
                    {"findings_dropped", totals.findings_dropped}});
}

} // namespace mlockscope::report
