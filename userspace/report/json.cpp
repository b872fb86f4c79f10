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
  write_line(out_, json_finding(finding, process, page_size_, clock_));
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

void JsonSink::summary(const Summary& summary) { write_line(out_, json_summary(summary, clock_)); }

} // namespace mlockscope::report
