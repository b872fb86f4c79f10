#include "report/junit.hpp"

#include "model/words.hpp"
#include "report/groups.hpp"
#include "report/place.hpp"
#include "report/prose.hpp"
#include "report/text.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>
#include <set>
#include <string>

namespace mlockscope::report {
namespace {

using model::Kind;

struct ToWriter final : pugi::xml_writer {
  explicit ToWriter(Writer& writer) : out(writer) {}
  void write(const void* data, std::size_t size) override {
    out.write({static_cast<const char*>(data), size});
  }
  Writer& out;
};

struct Counts {
  unsigned tests = 0, failures = 0, errors = 0, skipped = 0;
};

void set(pugi::xml_node node, const char* name, std::string_view value) {
  node.append_attribute(name) = std::string(value).c_str();
}

pugi::xml_node test(pugi::xml_node suite, std::string_view of, std::string_view name,
                    Counts& counts) {
  ++counts.tests;
  pugi::xml_node node = suite.append_child("testcase");
  set(node, "classname", of);
  set(node, "name", name);
  node.append_attribute("time") = "0";
  return node;
}

/// "keys.c:12 in wipe / keys.c:7 in make": who unlocked, and who had locked.
std::string name_of(const Result& result) {
  if (!place_index(result.call_stack)) return escape(result.program);
  std::string name = place_text(result.call_stack);
  if (place_index(result.victim_stack)) name += " / " + place_text(result.victim_stack);
  return name;
}

std::string stack_text(std::string_view title, const model::Stack& stack) {
  if (stack.empty()) return {};
  std::string text = fmt::format("\n{}:\n", title);
  for (const model::Frame& frame : stack) text += "  " + place_text(frame) + '\n';
  return text;
}

std::string details(const Result& result, const Clock& clock) {
  std::string text = fmt::format("{}\n\nSeverity: {}. {}\nSeen {}, first {}, last {}.\n",
                                 headline(result), word(result.severity),
                                 how_sure(result.confidence), count_words(result.count, "time"),
                                 rfc3339(clock, result.first), rfc3339(clock, result.last));
  if (result.bytes > 0) text += "Exposed: " + size_words(result.bytes) + ".\n";
  if (result.group) text += "Group: " + group_text(*result.group) + ".\n";
  text += stack_text(fmt::format("Stack of {}", word(result.example.call.call)), result.call_stack);
  text += stack_text("Stack of the earlier lock", result.victim_stack);
  return text +
         fmt::format("\nWhat it means and what helps: mlockscope explain {}\n", word(result.kind));
}

void add_result(pugi::xml_node suite, const Result& result, const Clock& clock, Counts& counts) {
  const std::string of = fmt::format("mlockscope.{}", word(result.kind));
  pugi::xml_node node = test(suite, of, name_of(result), counts);
  if (result.suppressed_by) {
    ++counts.skipped;
    set(node.append_child("skipped"), "message", "suppressed by " + escape(*result.suppressed_by));
    return;
  }
  ++counts.failures;
  pugi::xml_node failure = node.append_child("failure");
  set(failure, "message", headline(result));
  set(failure, "type", word(result.severity));
  failure.append_child(pugi::node_pcdata).set_value(details(result, clock).c_str());
}

void add_completeness(pugi::xml_node suite, std::uint64_t lost, std::uint64_t left_out,
                      Counts& counts) {
  pugi::xml_node node = test(suite, "mlockscope", "all events were seen", counts);
  if (lost > 0) {
    ++counts.errors;
    pugi::xml_node error = node.append_child("error");
    set(error, "message", count_words(lost, "event") + " lost; findings may be missing");
    set(error, "type", "lost-events");
  }
  if (left_out > 0) {
    const std::string text = count_words(left_out, "finding") + " of further places left out\n";
    node.append_child("system-out").append_child(pugi::node_pcdata).set_value(text.c_str());
  }
}

void set_counts(pugi::xml_node node, const Counts& counts, double seconds) {
  node.append_attribute("tests") = counts.tests;
  node.append_attribute("failures") = counts.failures;
  node.append_attribute("errors") = counts.errors;
  node.append_attribute("skipped") = counts.skipped;
  set(node, "time", fmt::format("{:.3f}", seconds));
}

} // namespace

void JUnitSink::start(const Start& start) { began_ = start.time; }

void JUnitSink::finding(const model::Finding& finding, const Context& context) {
  results_.add(finding, context);
}

void JUnitSink::summary(const Summary& summary) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  pugi::xml_node suite = suites.append_child("testsuite");
  set(suite, "name", "mlockscope");
  set(suite, "timestamp", rfc3339(clock_, began_).substr(0, 19)); // Jenkins wants no fraction
  Counts counts;
  std::set<Kind> seen;
  for (const Result* result : results_.ranked()) {
    add_result(suite, *result, clock_, counts);
    seen.insert(result->kind);
  }
  for (const Kind kind : model::kinds)
    if (!seen.contains(kind))
      test(suite, fmt::format("mlockscope.{}", word(kind)), "nothing found", counts);
  add_completeness(suite, summary.totals.lost, results_.left_out(), counts);
  set_counts(suite, counts, summary.seconds);
  set_counts(suites, counts, summary.seconds);
  ToWriter writer(out_);
  document.save(writer, " ", pugi::format_default, pugi::encoding_utf8);
}

} // namespace mlockscope::report
