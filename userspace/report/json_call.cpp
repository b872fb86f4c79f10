#include "report/json_value.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"

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

void append_locked(std::string& line, model::KernelWord::Locked locked) {
  if (locked == model::KernelWord::Locked::unknown)
    line += "null";
  else
    append(line, FMT_COMPILE("\"{}\""), word(locked));
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
  line += R"({"type":"call","time":")";
  append_rfc3339(line, clock, event.exit);
  append(line, FMT_COMPILE(R"(","pid":{},"tid":{},"comm":)"), event.caller.pid, event.caller.tid);
  append_string(line, event.caller.comm.view());
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

} // namespace mlockscope::report
