#include "report/results.hpp"

#include "model/words.hpp"
#include "report/clock.hpp"
#include "report/groups.hpp"
#include "report/place.hpp"
#include "report/prose.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::Kind;

std::string program_of(const model::Finding& finding, const Context& context) {
  const auto& exe = context.process.exe;
  const std::string_view name = exe ? module_name(*exe) : std::string_view();
  return std::string(name.empty() ? finding.call.caller.comm.view() : name);
}

model::Stack cut(const model::Stack& stack) {
  const auto kept = static_cast<std::ptrdiff_t>(std::min(stack.size(), Results::frames_kept));
  return {stack.begin(), stack.begin() + kept};
}

Result begun(const model::Finding& finding, const Context& context) {
  Result result{.kind = finding.kind,
                .severity = finding.severity,
                .confidence = finding.confidence,
                .group = context.group,
                .suppressed_by = context.suppressed_by,
                .first = time_of(finding),
                .last = time_of(finding),
                .example = finding,
                .program = program_of(finding, context),
                .exe = context.process.exe,
                .call_stack = cut(context.call_stack),
                .victim_stack = cut(context.victim_stack)};
  result.example.exposed = {};
  result.example.inherited.reset();
  return result;
}

std::string victim_words(const Result& result) {
  const auto& victim = result.example.victim;
  if (!victim || result.kind == Kind::lock_failed) return {};
  const std::string_view call = victim->call ? word(*victim->call) : "an earlier lock";
  const bool known = place_index(result.victim_stack).has_value();
  return fmt::format("; {}{} had locked them", call,
                     known ? " by " + place_text(result.victim_stack) : "");
}

} // namespace

std::string result_key(const model::Finding& finding, const Context& context) {
  if (context.group) return group_text(*context.group);
  return fmt::format("{} {}", word(finding.kind), program_of(finding, context));
}

void Results::add(const model::Finding& finding, const Context& context) {
  std::string key = result_key(finding, context);
  if (context.suppressed_by) key += '\n' + *context.suppressed_by;
  auto at = results_.find(key);
  if (at == results_.end()) {
    if (results_.size() >= bound) {
      ++left_out_;
      return;
    }
    at = results_.emplace(std::move(key), begun(finding, context)).first;
  }
  Result& result = at->second;
  result.severity = std::max(result.severity, finding.severity);
  result.confidence = std::max(result.confidence, finding.confidence);
  result.count += finding.count;
  result.bytes += finding.exposed_bytes;
  result.first = std::min(result.first, time_of(finding));
  result.last = std::max(result.last, time_of(finding));
}

std::vector<const Result*> Results::ranked() const {
  std::vector<const Result*> list;
  for (const auto& [key, result] : results_) list.push_back(&result);
  std::stable_sort(list.begin(), list.end(), [](const Result* a, const Result* b) {
    if (a->suppressed_by.has_value() != b->suppressed_by.has_value())
      return !a->suppressed_by.has_value();
    return a->severity != b->severity ? a->severity > b->severity : a->count > b->count;
  });
  return list;
}

std::string headline(const Result& result) {
  const bool known = place_index(result.call_stack).has_value();
  return fmt::format("{}: {}{} {}{}", escape(result.program), word(result.example.call.call),
                     known ? " by " + place_text(result.call_stack) : "",
                     what_happened(result.kind), victim_words(result));
}

} // namespace mlockscope::report
