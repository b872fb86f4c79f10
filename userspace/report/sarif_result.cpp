// {"ruleId":"spill","level":"error","message":...,"locations":[...],"relatedLocations":[...],...}
#include "report/sarif_value.hpp"

#include "model/words.hpp"
#include "report/groups.hpp"
#include "report/place.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;
using model::Frame;
using model::Kind;

bool is_file(const std::optional<std::string>& path) {
  return path && !path->empty() && path->front() != '[' && !path->starts_with("//");
}

/// A file and a line. Services show nothing without both: of a program without source it is the
/// program itself, and line 1.
Json physical(const std::string& path, std::uint32_t line, std::string_view root) {
  return {{"artifactLocation", sarif_artifact(path, root)},
          {"region", {{"startLine", std::max(line, 1U)}}}};
}

/// What a service can show is the code that it has: the innermost frame from the place on whose
/// source lies below `root`. The place itself if there is none, or null.
const Frame* shown_frame(const model::Stack& stack, std::string_view root) {
  const auto place = place_index(stack);
  if (!place) return nullptr;
  for (std::size_t i = *place; i < stack.size() && !root.empty(); ++i)
    if (is_file(stack[i].file) && sarif_artifact(*stack[i].file, root).contains("uriBaseId"))
      return &stack[i];
  return &stack[*place];
}

/// `instead` is the file to name if the frame has none.
Json location(const Frame* frame, const std::string& instead, std::string_view root,
              const std::string& message) {
  Json json;
  if (frame != nullptr && is_file(frame->file))
    json["physicalLocation"] = physical(*frame->file, frame->line, root);
  else if (frame != nullptr && is_file(frame->module))
    json["physicalLocation"] = physical(*frame->module, 1, "");
  else
    json["physicalLocation"] = physical(instead, 1, "");
  if (frame != nullptr && frame->symbol && !frame->symbol->empty())
    json["logicalLocations"] = Json::array(
        {{{"fullyQualifiedName", escape(steady_symbol(*frame->symbol))}, {"kind", "function"}}});
  json["message"] = sarif_message(message);
  return json;
}

Json stack_json(const model::Stack& stack, const std::string& instead, std::string_view root,
                const std::string& message) {
  Json frames = Json::array();
  for (const Frame& frame : stack) {
    Json json{{"location", location(&frame, instead, root, place_text(frame))}};
    if (is_file(frame.module)) json["module"] = escape(module_name(*frame.module));
    frames.push_back(std::move(json));
  }
  return {{"message", sarif_message(message)}, {"frames", std::move(frames)}};
}

/// "wipe+0x12 (libkeys.so.1), called by seal.c:12 in seal"
std::string places_words(const model::Stack& stack, std::string_view root) {
  const Frame* shown = shown_frame(stack, root);
  const std::string place = place_text(stack);
  return shown == place_of(stack) ? place : place + ", called by " + place_text(*shown);
}

std::string call_words(const Result& result, std::string_view root) {
  const char* did = result.kind == Kind::lock_failed ? "The lock was refused here"
                    : result.kind == Kind::fork      ? "The child was made here"
                                                     : "The bytes were unlocked here";
  return fmt::format("{} ({}): {}", did, word(result.example.call.call),
                     places_words(result.call_stack, root));
}

std::string victim_words(const Result& result, std::string_view root) {
  return "The bytes had been locked here: " + places_words(result.victim_stack, root);
}

std::string message(const Result& result) {
  std::string text = headline(result) + ".";
  if (result.bytes > 0) text += " Exposed: " + size_words(result.bytes) + ".";
  if (result.count > 1) text += " Seen " + count_words(result.count, "time") + ".";
  return text;
}

/// The two steps in their order, for viewers that go from step to step.
Json code_flow(const Json& locked, const Json& call) {
  Json steps = Json::array({{{"location", locked}}, {{"location", call}}});
  return {{"threadFlows", Json::array({{{"locations", std::move(steps)}}})}};
}

Json fingerprints(const Result& result) {
  if (result.group) return {{"mlockscopeGroup/v1", group_text(*result.group)}};
  return {
      {"mlockscopeProgram/v1", escape(fmt::format("{} {}", word(result.kind), result.program))}};
}

Json properties(const Result& result, const Clock& clock) {
  return {{"severity", word(result.severity)},
          {"confidence", word(result.confidence)},
          {"count", result.count},
          {"bytes", result.bytes},
          {"first", rfc3339(clock, result.first)},
          {"last", rfc3339(clock, result.last)},
          {"program", escape(result.program)}};
}

void add_victim(Json& json, const Result& result, const std::string& program,
                std::string_view root) {
  const Frame* frame = shown_frame(result.victim_stack, root);
  if (frame == nullptr || result.kind == Kind::lock_failed) return;
  const std::string words = victim_words(result, root);
  const Json locked = location(frame, program, root, words);
  json["codeFlows"] = Json::array({code_flow(locked, json["locations"][0])});
  Json related = locked;
  related["id"] = 0;
  json["relatedLocations"] = Json::array({std::move(related)});
  json["stacks"].push_back(stack_json(result.victim_stack, program, root, words));
}

} // namespace

Json sarif_message(std::string_view text) {
  const bool could_link = text.find("](") != text.npos;
  std::string safe;
  for (const char c : text) {
    if (could_link && (c == '[' || c == ']')) safe += '\\';
    if (c == '{' || c == '}') safe += c;
    safe += c;
  }
  return {{"text", std::move(safe)}};
}

std::string percent_encoded(std::string_view path) {
  constexpr std::string_view more = "-._~/";
  std::string encoded;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       more.find(c) != more.npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

Json sarif_artifact(std::string_view path, std::string_view source_root) {
  const auto normal = std::filesystem::path(without_deleted(path)).lexically_normal();
  if (normal.is_relative()) {
    const bool leaves = normal.string().starts_with("..");
    return {{"uri", percent_encoded((leaves ? normal.filename() : normal).string())},
            {"uriBaseId", "%SRCROOT%"}};
  }
  if (!source_root.empty()) {
    const auto below = normal.lexically_relative(source_root).string();
    if (!below.empty() && below != "." && !below.starts_with(".."))
      return {{"uri", percent_encoded(below)}, {"uriBaseId", "%SRCROOT%"}};
  }
  return {{"uri", "file://" + percent_encoded(normal.string())}};
}

Json sarif_result(const Result& result, const Clock& clock, std::string_view source_root) {
  const std::string program = is_file(result.exe)      ? *result.exe
                              : result.program.empty() ? "unknown"
                                                       : result.program;
  const std::string call = call_words(result, source_root);
  const auto rule = std::find(model::kinds.begin(), model::kinds.end(), result.kind);
  Json json{{"ruleId", word(result.kind)},
            {"ruleIndex", rule - model::kinds.begin()},
            {"level", sarif_level(result.severity)},
            {"message", sarif_message(message(result))},
            {"locations", Json::array({location(shown_frame(result.call_stack, source_root),
                                                program, source_root, call)})},
            {"stacks", Json::array()}};
  if (!result.call_stack.empty())
    json["stacks"].push_back(stack_json(result.call_stack, program, source_root, call));
  add_victim(json, result, program, source_root);
  json["partialFingerprints"] = fingerprints(result);
  json["occurrenceCount"] = result.count;
  if (result.suppressed_by)
    json["suppressions"] =
        Json::array({{{"kind", "external"}, {"justification", escape(*result.suppressed_by)}}});
  json["properties"] = properties(result, clock);
  return json;
}

} // namespace mlockscope::report
