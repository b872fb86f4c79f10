#include "report/sarif.hpp"

#include "report/sarif_value.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t losses_listed = 100;

Json notification(std::string_view id, std::string_view level, const std::string& text) {
  return {{"descriptor", {{"id", id}}}, {"level", level}, {"message", sarif_message(text)}};
}

Json loss_json(const model::LostEvent& lost, const Clock& clock) {
  const std::string cause = lost.cause.empty() ? "" : " (" + escape(lost.cause) + ")";
  Json json = notification("lost-events", lost.harmless ? "warning" : "error",
                           count_words(lost.count, "event") + " lost" + cause +
                               "; findings may be missing");
  json["timeUtc"] = rfc3339(clock, lost.time);
  return json;
}

} // namespace

void SarifSink::start(const Start& start) {
  version_ = start.version;
  began_ = start.time;
}

void SarifSink::finding(const model::Finding& finding, const Context& context) {
  results_.add(finding, context);
}

void SarifSink::lost(const model::LostEvent& lost) {
  if (lost_.size() < losses_listed) lost_.push_back(lost);
}

Json SarifSink::invocation(const Summary& summary) const {
  Json notes = Json::array();
  for (const model::LostEvent& lost : lost_) notes.push_back(loss_json(lost, options_.clock));
  const auto& totals = summary.totals;
  if (totals.lost > 0)
    notes.push_back(
        notification("lost-events", "error",
                     count_words(totals.lost, "event") + " lost in all; findings may be missing"));
  if (totals.claims_dropped + totals.findings_dropped > 0)
    notes.push_back(notification("limits", "warning",
                                 fmt::format("{} and {} were not kept because a limit was met",
                                             count_words(totals.claims_dropped, "lock"),
                                             count_words(totals.findings_dropped, "finding"))));
  if (results_.left_out() > 0)
    notes.push_back(notification("limits", "warning",
                                 count_words(results_.left_out(), "finding") +
                                     " of further places left out of this file"));
  return {{"executionSuccessful", totals.lost == 0},
          {"startTimeUtc", rfc3339(options_.clock, began_)},
          {"endTimeUtc", rfc3339(options_.clock, summary.time)},
          {"toolExecutionNotifications", std::move(notes)}};
}

void SarifSink::summary(const Summary& summary) {
  Json results = Json::array();
  for (const Result* result : results_.ranked())
    results.push_back(sarif_result(*result, options_.clock, options_.source_root));
  Json run{{"tool", {{"driver", sarif_driver(version_)}}},
           {"taxonomies", Json::array({sarif_taxonomy()})},
           {"invocations", Json::array({invocation(summary)})}};
  if (!options_.source_root.empty()) {
    std::string root = "file://" + percent_encoded(options_.source_root);
    if (root.back() != '/') root += '/';
    run["originalUriBaseIds"] = {{"%SRCROOT%", {{"uri", std::move(root)}}}};
  }
  run["results"] = std::move(results);
  const Json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({std::move(run)})}};
  // All text is escaped before; `replace` is for what nobody thought of.
  out_.write(log.dump(1, ' ', false, Json::error_handler_t::replace) + '\n');
}

} // namespace mlockscope::report
