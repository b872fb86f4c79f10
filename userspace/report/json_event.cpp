// {"type":"fault","time":"2026-01-31T23:59:59.000000001Z","pid":7,"tid":7,"comm":"demo",
//  "addr":"0x7f00deadb064","where":"exposed","fault":"major","cause":"swap-in", ...}
#include "report/json_value.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"
#include "report/fault_text.hpp"

#include <algorithm>
#include <fmt/compile.h>
#include <iterator>
#include <string_view>

namespace mlockscope::report {
namespace {

template <class... T> void append(std::string& line, auto format, const T&... values) {
  fmt::format_to(std::back_inserter(line), format, values...);
}

/// Nearly every name is plain; the library deals with the others.
void append_string(std::string& line, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (plain)
    append(line, FMT_COMPILE("\"{}\""), text);
  else
    line += nlohmann::ordered_json(text).dump(-1, ' ', true,
                                              nlohmann::ordered_json::error_handler_t::replace);
}

template <class Tag>
void append_range(std::string& line, const std::optional<model::Range<Tag>>& range) {
  if (!range)
    line += "null";
  else
    append(line, FMT_COMPILE("[\"{:#x}\",\"{:#x}\"]"), range->start, range->end);
}

void append_number(std::string& line, bool known, std::uint64_t value) {
  if (known)
    append(line, FMT_COMPILE("{}"), value);
  else
    line += "null";
}

/// A word of ours; none is unknown.
void append_word(std::string& line, std::string_view word) {
  if (word.empty())
    line += "null";
  else
    append(line, FMT_COMPILE("\"{}\""), word);
}

void append_locked(std::string& line, model::KernelWord::Locked locked) {
  append_word(line, locked == model::KernelWord::Locked::unknown ? "" : word(locked));
}

void append_head(std::string& line, std::string_view type, model::Time time,
                 const model::Caller& caller, const Clock& clock) {
  append(line, FMT_COMPILE(R"({{"type":"{}","time":")"), type);
  append_rfc3339(line, clock, time);
  append(line, FMT_COMPILE(R"(","pid":{},"tid":{},"comm":)"), caller.pid, caller.tid);
  append_string(line, caller.comm.view());
}

void append_arguments(std::string& line, const model::CallEvent& event) {
  line += R"(,"addr":)";
  if (has_address(event.call))
    append(line, FMT_COMPILE("\"{:#x}\""), event.addr);
  else
    line += "null";
  line += R"(,"len":)";
  append_number(line, has_length(event.call), event.len);
  line += R"(,"flags":)";
  append_number(line, has_flags(event.call), event.flags);
}

} // namespace

void append_call(std::string& line, const model::CallEvent& event,
                 const model::CallReading& reading, const Clock& clock) {
  append_head(line, "call", event.exit, event.caller, clock);
  append(line, FMT_COMPILE(R"(,"name":"{}")"), word(event.call));
  append_arguments(line, event);
  append(line, FMT_COMPILE(R"(,"ret":{},"requested":)"), event.ret);
  append_range(line, reading.requested);
  line += R"(,"applied":)";
  append_range(line, reading.applied);
  append(line, FMT_COMPILE(R"(,"rounding_bytes":{},"locked_before":)"), reading.rounding_bytes);
  append_locked(line, reading.before);
  line += R"(,"locked_after":)";
  append_locked(line, reading.after);
  line += "}\n";
}

void append_fault(std::string& line, const model::FaultEvent& event,
                  const model::FaultReading& reading, const Clock& clock) {
  append_head(line, "fault", event.time, event.caller, clock);
  append(line, FMT_COMPILE(R"(,"addr":"{:#x}","where":"{}","fault":"{}","cause":)"), event.addr,
         word(reading.where), weight_word(event));
  append_word(line, word(reading.cause));
  line += R"(,"requested":)";
  append_range(line, reading.requested);
  line += R"(,"applied":)";
  append_range(line, reading.applied);
  line += "}\n";
}

} // namespace mlockscope::report
