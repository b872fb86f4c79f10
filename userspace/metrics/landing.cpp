#include "metrics/landing.hpp"

#include "model/words.hpp"
#include "report/clock.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::metrics {
namespace {

constexpr std::string_view head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="15">
<title>mlockscope</title>
<link rel="icon" href="data:,">
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
       color: #1f2328; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d1d9e0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.5rem; }
dt { color: #59636e; }
dd { margin: 0; }
.critical, .high, .warning { color: #b3261e; font-weight: 600; }
.medium { color: #8a5a00; font-weight: 600; }
@media (prefers-color-scheme: dark) {
  body { color: #e6edf3; background: #0d1117; }
  th, td { border-color: #30363d; }
  dt { color: #9198a1; }
  a { color: #79c0ff; }
  .critical, .high, .warning { color: #ff7b72; }
  .medium { color: #e3b341; }
}
</style>
</head>
<body>
<h1>mlockscope</h1>
<p>Shows when memory that a program believes to be locked is not.</p>
<p><a href="/metrics">Metrics</a> · <a href="/-/healthy">healthy</a> · <a href="/-/ready">ready</a></p>
)";

std::string html(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
    case '&':
      escaped += "&amp;";
      break;
    case '<':
      escaped += "&lt;";
      break;
    case '>':
      escaped += "&gt;";
      break;
    case '"':
      escaped += "&quot;";
      break;
    case '\'':
      escaped += "&#39;";
      break;
    default:
      escaped += c;
    }
  }
  return escaped;
}

std::string ago(model::Time time, model::Time now) {
  return report::duration(now - std::min(now, time)) + " ago";
}

std::string rfc3339(WallTime wall_time, model::Time time) {
  return report::rfc3339(report::Clock{wall_time - static_cast<WallTime>(time)}, time);
}

std::string finding_row(const RecentFinding& finding, const Snapshot& snapshot) {
  const std::string_view severity = word(finding.verdict.severity);
  const bool exposes = finding.exposed_bytes != 0;
  return fmt::format(
      "<tr><td><time datetime=\"{}\">{}</time></td><td>{}</td><td class=\"{}\">{}</td><td>{}</td>"
      "<td>{} ({})</td><td>{}</td><td>{}</td></tr>\n",
      rfc3339(finding.wall_time, finding.time), ago(finding.time, snapshot.time),
      word(finding.verdict.kind), severity, severity, word(finding.confidence), html(finding.comm),
      finding.pid, word(finding.call),
      exposes ? report::size_words(finding.exposed_bytes) + (finding.open ? ", still exposed" : "")
              : "");
}

std::string findings(const Snapshot& snapshot) {
  std::uint64_t count = 0;
  for (const auto& [kind, found] : snapshot.totals.findings) count += found;
  if (count == 0)
    return snapshot.totals.lost == 0 ? "<h2>No findings</h2>\n"
                                     : "<h2>No findings in what was seen, which is not all</h2>\n";
  std::string text = fmt::format("<h2>{}</h2>\n", report::count_words(count, "finding"));
  text += fmt::format(
      "<p>{} open now.{}</p>\n", report::count_words(snapshot.totals.exposures, "exposure"),
      count > snapshot.recent.size() ? fmt::format(" The latest {}:", snapshot.recent.size()) : "");
  text += "<table>\n<tr><th>When</th><th>Kind</th><th>Severity</th><th>Sure</th>"
          "<th>Process (pid)</th><th>Call</th><th>Exposed</th></tr>\n";
  for (const RecentFinding& each : snapshot.recent) text += finding_row(each, snapshot);
  return text + "</table>\n";
}

std::string entry(std::string_view name, const std::string& value, bool warning = false) {
  return fmt::format("<dt>{}</dt><dd{}>{}</dd>\n", name, warning ? " class=\"warning\"" : "",
                     html(value));
}

std::string state(const Snapshot& snapshot) {
  const model::Totals& totals = snapshot.totals;
  const Health& health = snapshot.health;
  std::string text = "<h2>The tracer</h2>\n<dl>\n";
  text += entry("version", health.version + (health.revision.empty() ? "" : " ") + health.revision);
  text += entry("kernel", report::escape(health.kernel));
  text += entry("probes",
                fmt::format("{} attached by {}, {} waiting, {} missing", health.probes_attached,
                            health.backend, health.probes_waiting, health.probes_missing));
  text += entry("events", fmt::format("{} seen, {} lost", totals.events, totals.lost),
                totals.lost != 0);
  text += entry("divergences from the kernel", std::to_string(totals.divergences),
                totals.divergences != 0);
  text += entry("address spaces", fmt::format("{}, of which {} wait for the kernel's list",
                                              totals.address_spaces, snapshot.incomplete));
  text += entry("claims", std::to_string(totals.claims));
  text += entry("process names", fmt::format("{} of at most {} have series of their own, {} are "
                                             "counted as other",
                                             snapshot.names.size() - 1, snapshot.names_limit,
                                             snapshot.names_folded));
  return text + "</dl>\n";
}

} // namespace

std::string landing_page(const Snapshot* snapshot, bool fresh) {
  std::string page(head);
  if (snapshot != nullptr && !fresh)
    page +=
        fmt::format("<p class=\"warning\">The tracer is stuck: it does not answer. This is what it "
                    "said at {}.</p>\n",
                    rfc3339(snapshot->wall_time, snapshot->time));
  page += snapshot == nullptr ? "<h2>Not ready: the probes are being attached</h2>\n"
                              : findings(*snapshot) + state(*snapshot);
  return page + "</body>\n</html>\n";
}

} // namespace mlockscope::metrics
