// {"type":"call","time":"2026-01-31T23:59:59.000000001Z","pid":7,"tid":7,"comm":"demo",
//  "name":"munlock","addr":"0x7f00deadb000","len":32,"flags":null,"ret":0, ...}
//
// ensure_ascii makes every line plain ASCII, so no terminal, log shipper or parser can trip over a
// name; invalid UTF-8 becomes U+FFFD. What is not known, or what a call does not have, is null.
#include "report/json.hpp"

#include "model/words.hpp"
#include "report/json_value.hpp"

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

void write_line(Writer& out, const Json& json) {
  out.write(json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n");
  out.flush();
}

} // namespace

void JsonSink::start(const Start& start) {
  page_size_ = start.page_size;
  Json json{{"type", "start"},
            {"version", start.version},
            {"schema", 1},
            {"kernel", text_or_null(start.kernel)},
            {"machine", text_or_null(start.machine)},
            {"page_size", start.page_size.bytes()},
            {"backend", start.backend},
            {"sees_32_bit", start.sees_32_bit},
            {"time", rfc3339(clock_, start.time)}};
  // A replay by the recorded rules gives what the tracing gave, to the byte.
  if (start.replay && start.replay->one_of_many) recording_ = start.replay->file;
  name_recording(json);
  if (start.replay && !start.replay->platform.empty()) {
    json["platform"] = start.replay->platform;
    json["recorded_page_size"] = start.replay->recorded_page_size;
  }
  write_line(out_, json);
}

void JsonSink::finding(const model::Finding& finding, const Context& context) {
  Json json = json_finding(finding, context, page_size_, clock_);
  name_recording(json);
  write_line(out_, json);
}

void JsonSink::exposure(const model::Exposure& exposure) {
  Json json{{"type", "exposure"},
            {"finding", static_cast<std::uint64_t>(exposure.finding)},
            {"pid", exposure.pid},
            {"closed", word(exposure.closed)},
            {"seconds", static_cast<double>(exposure.ended - exposure.opened) / 1e9},
            {"bytes", exposure.bytes}};
  name_recording(json);
  write_line(out_, json);
}

void JsonSink::call(const model::CallEvent& event, const model::CallReading& reading) {
  line_.clear();
  append_call(line_, event, reading, clock_);
  out_.write(line_);
}

void JsonSink::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  line_.clear();
  append_fault(line_, event, reading, clock_);
  out_.write(line_);
}

void JsonSink::lost(const model::LostEvent& lost) {
  write_line(out_, {{"type", "lost"},
                    {"count", lost.count},
                    {"time", rfc3339(clock_, lost.time)},
                    {"cause", lost.cause}});
}

void JsonSink::summary(const Summary& summary) {
  Json json = json_summary(summary, clock_);
  name_recording(json);
  write_line(out_, json);
}

/// One of many: its numbers of findings are those of others, too.
void JsonSink::name_recording(Json& json) const {
  if (recording_) json["recording"] = *recording_;
}

} // namespace mlockscope::report
