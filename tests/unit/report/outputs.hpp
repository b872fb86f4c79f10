// What a sink makes of the samples, as text.
#pragma once

#include "report/json.hpp"
#include "report/report.hpp"
#include "samples.hpp"

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace outputs {

using namespace mlockscope;
using Json = nlohmann::ordered_json;

/// What `write` makes a JSON sink say after its first line.
template <std::invocable<report::JsonSink&> Write> std::string json_text(Write write) {
  samples::Captured captured;
  report::JsonSink sink(captured.writer(), samples::clock);
  sink.start(samples::start());
  (void)captured.take();
  write(sink);
  return captured.take();
}

inline std::string json_text(const model::Finding& finding,
                             const model::ProcessInfo& process = {}) {
  return json_text([&](report::JsonSink& sink) { sink.finding(finding, {.process = process}); });
}

inline Json json_of(const model::Finding& finding) { return Json::parse(json_text(finding)); }

inline std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& item : object.items()) names.push_back(item.key());
  return names;
}

template <std::invocable<report::ReportSink&> Write>
std::string report_text(Write write, report::Colour colour = report::Colour::off) {
  samples::Captured out, notes;
  report::ReportSink sink(out.writer(), notes.writer(), {samples::clock, colour});
  sink.start(samples::start());
  write(sink);
  sink.flush();
  return out.take();
}

inline std::string report_text(const model::Finding& finding,
                               const model::ProcessInfo& process = samples::process()) {
  return report_text(
      [&](report::ReportSink& sink) { sink.finding(finding, {.process = process}); });
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

/// The same text as if lines had no end.
inline std::string unwrapped(const std::string& text) {
  std::string words;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    if (!space)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
  }
  return words;
}

} // namespace outputs
