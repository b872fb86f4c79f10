#include "report/summary.hpp"

#include "model/words.hpp"
#include "report/place.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace mlockscope::report {
namespace {

constexpr std::size_t processes_shown = 10;
constexpr std::size_t groups_shown = 10;

/// "12 mlock, 11 munlock".
template <class Key> std::string counts_text(const std::map<Key, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [key, count] : counts)
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, word(key));
  return text.empty() ? "none" : text;
}

std::string severities_text(const Tally::Severities& counts, Colour colour) {
  std::string text;
  for (const auto& [severity, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        painted(std::string(word(severity)), severity, colour));
  return text;
}

std::string line(std::string_view name, std::string_view value) {
  return fmt::format("  {:<12} {}\n", name, value);
}

/// After "by": the backend, as a person says it.
std::string probes_text(const std::string& backend) {
  return backend == "tracepoint" || backend == "kprobe" ? backend + "s" : backend;
}

/// By which rules, if not as recorded: "; judged as on FreeBSD with pages of 16 KiB".
std::string judged_text(const Start& start) {
  const Start::Replay& replay = *start.replay;
  if (replay.platform.empty()) return "";
  return fmt::format("; judged as on {} with pages of {}", replay.platform,
                     size_words(start.page_size.bytes()));
}

std::string refused_line(const Summary& summary) {
  const std::string text = refused_text(summary.refused);
  return text.empty() ? "" : line("refused", text + ", which Linux did not refuse");
}

std::uint64_t total(const model::Totals& totals) {
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : totals.findings) sum += count;
  return sum;
}

std::string headline(const Summary& summary, Colour colour) {
  const std::uint64_t findings = total(summary.totals);
  const std::string time = duration(static_cast<std::uint64_t>(summary.seconds * 1e9));
  if (findings == 0 && summary.totals.lost != 0)
    return fmt::format("No findings in what was seen of {}, which is not all.\n", time);
  if (findings == 0) return fmt::format("No findings in {}.\n", time);
  const std::string severities = severities_text(summary.tally.severities(), colour);
  return fmt::format("{} in {}{}.\n", count_words(findings, "finding"), time,
                     severities.empty() ? "" : " (" + severities + ")");
}

std::string finding_lines(const Summary& summary) {
  const model::Totals& totals = summary.totals;
  std::string text;
  if (total(totals) != 0) text += line("findings", counts_text(totals.findings));
  if (summary.hidden != 0)
    text += line("", fmt::format("{} of them not shown, by your choice", summary.hidden));
  if (summary.suppressed != 0)
    text += line("", fmt::format("{} of them suppressed", summary.suppressed));
  if (totals.possible != 0) text += line("possible", fmt::format("{}", totals.possible));
  return text;
}

/// "2 spill, 64 B, 23:59:59.123 to 23:59:59.999: keys.c:12 in wipe; locked: keys.c:40 in load".
std::string group_text_of(const Group& group, Colour colour, const Clock& clock) {
  const std::string kind = painted(std::string(word(group.kind)), group.severity, colour);
  std::string text = fmt::format("{} {}", group.count, kind);
  if (group.bytes != 0) text += ", " + size_words(group.bytes);
  if (group.findings > 1)
    text +=
        fmt::format(", {} to {}", time_of_day(clock, group.first), time_of_day(clock, group.last));
  text += ": " + place_text(group.call_place);
  if (group.victim_place) text += "; locked: " + place_text(*group.victim_place);
  return text;
}

std::string group_lines(const Summary& summary, Colour colour, const Clock& clock) {
  const std::size_t shown = std::min(summary.groups.size(), groups_shown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += line(i == 0 ? "places" : "", group_text_of(summary.groups[i], colour, clock));
  if (summary.groups.size() > shown)
    text += line("", "and " + count_words(summary.groups.size() - shown, "more group"));
  return text;
}

/// Where there is something to explain.
std::string explain_line(const Summary& summary) {
  for (const auto& [kind, count] : summary.totals.findings)
    if (count != 0)
      return fmt::format("mlockscope explain {} tells what it means, and what helps.\n",
                         word(kind));
  return "";
}

std::string exposure_line(const ProcessExposure& sum) {
  const std::string open = sum.open == 0 ? "" : fmt::format(", {} still open", sum.open);
  return fmt::format("{} (pid {}): {} of {}, the longest {}{}", escape(sum.comm.view()), sum.pid,
                     count_words(sum.exposures, "exposure"), size_words(sum.bytes),
                     duration(sum.longest), open);
}

std::string exposure_lines(const Tally& tally) {
  const auto worst = tally.worst();
  const std::size_t shown = std::min(worst.size(), processes_shown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += line(i == 0 ? "exposed" : "", exposure_line(worst[i]));
  if (worst.size() > shown)
    text += line("", "and " + count_words(worst.size() - shown, "more address space"));
  if (tally.others() != 0)
    text += line("", "and " + count_words(tally.others(), "exposure") + " of still others");
  return text;
}

/// "12 on locked pages (1 major)"; empty for none.
std::string faults_text(const model::FaultCounts& counts, std::string_view where) {
  const std::uint64_t all = counts.minor + counts.major;
  if (all == 0) return "";
  const std::string major = counts.major == 0 ? "" : fmt::format(" ({} major)", counts.major);
  return fmt::format("{} on {} pages{}", all, where, major);
}

std::string fault_line(const ProcessFaults& sum) {
  const std::string locked = faults_text(sum.locked, "locked");
  const std::string exposed = faults_text(sum.exposed, "exposed");
  const char* between = locked.empty() || exposed.empty() ? "" : ", ";
  return fmt::format("{} (pid {}): {}{}{}", escape(sum.comm.view()), sum.pid, locked, between,
                     exposed);
}

std::string fault_lines(const Tally& tally) {
  const auto busiest = tally.busiest();
  const std::size_t shown = std::min(busiest.size(), processes_shown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += line(i == 0 ? "faults" : "", fault_line(busiest[i]));
  std::uint64_t others = tally.other_faults();
  for (std::size_t i = shown; i < busiest.size(); ++i) others += busiest[i].total();
  if (others != 0) text += line("", "and " + count_words(others, "fault") + " of others");
  return text;
}

std::string event_lines(const Summary& summary) {
  const model::Totals& totals = summary.totals;
  std::string text = line("calls", counts_text(totals.calls));
  if (totals.unlocks_without_lock != 0)
    text += line("", count_words(totals.unlocks_without_lock, "unlock") + " of nothing locked");
  if (totals.lock_failures != 0)
    text += line("", count_words(totals.lock_failures, "call") +
                         (totals.lock_failures == 1 ? " was" : " were") + " refused locked memory");
  text += refused_line(summary);
  const char* blind = summary.sees_32_bit ? "" : " (32-bit calls go unseen)";
  text += line("events", fmt::format("{} seen, {} lost, by {}{}; {} alive", totals.events,
                                     totals.lost, probes_text(summary.backend), blind,
                                     count_words(totals.address_spaces, "address space")));
  return text;
}

/// Calls whose places are not known, or in part: findings may be without.
std::string stack_warnings(const model::StackCounts& counts) {
  std::string text;
  if (const std::uint64_t without = counts.lost + counts.forgotten; without != 0)
    text +=
        fmt::format("WARNING: {} without a stack: there were too many different ones at once.\n",
                    count_words(without, "call"));
  if (counts.unnamed != 0)
    text += fmt::format("{} could not be named.\n", count_words(counts.unnamed, "stack"));
  if (counts.skipped != 0)
    text +=
        fmt::format("Of {} only the innermost places are known, to save time (--stacks auto).\n",
                    count_words(counts.skipped, "call"));
  return text;
}

std::string warnings(const model::Totals& totals) {
  std::string text;
  const auto out = std::back_inserter(text);
  if (totals.lost != 0)
    fmt::format_to(out, "WARNING: {} lost, the view is incomplete: findings may be missing.\n",
                   count_words(totals.lost, "event"));
  if (totals.claims_dropped != 0)
    fmt::format_to(out, "WARNING: {} not followed, because there were too many at once.\n",
                   count_words(totals.claims_dropped, "lock"));
  if (totals.findings_dropped != 0)
    fmt::format_to(out, "WARNING: {} not shown, because one call had too many.\n",
                   count_words(totals.findings_dropped, "finding"));
  if (totals.divergences != 0)
    fmt::format_to(out, "WARNING: model and kernel disagreed {}; the kernel was believed.\n",
                   count_words(totals.divergences, "time"));
  return text;
}

} // namespace

std::string refused_text(const Refused& refused) {
  std::string text;
  for (const auto& [what, count] : refused)
    text += fmt::format("{}{} {} {}", text.empty() ? "" : ", ", count, word(what.first),
                        errno_name(static_cast<int>(what.second)));
  return text;
}

std::string summary_text(const Summary& summary, Colour colour, const Clock& clock) {
  return headline(summary, colour) + finding_lines(summary) + group_lines(summary, colour, clock) +
         exposure_lines(summary.tally) + fault_lines(summary.tally) + event_lines(summary) +
         warnings(summary.totals) + stack_warnings(summary.stacks) + explain_line(summary);
}

std::string start_text(const Start& start) {
  const std::string kernel =
      start.kernel.empty() ? "an unknown kernel" : "Linux " + escape(start.kernel);
  const std::string machine = start.machine.empty() ? "" : ", " + escape(start.machine);
  const std::string traced = probes_text(escape(start.backend));
  if (!start.replay)
    return fmt::format("mlockscope {}: tracing by {}; {}{}, pages of {}\n", start.version, traced,
                       kernel, machine, size_words(start.page_size.bytes()));
  const Start::Replay& replay = *start.replay;
  const std::string host = replay.host.empty() ? "" : " on " + escape(replay.host);
  return fmt::format("mlockscope {}: replaying {}, traced by {}{}; {}{}, pages of {}{}\n",
                     start.version, escape(replay.file), traced, host, kernel, machine,
                     size_words(replay.recorded_page_size), judged_text(start));
}

std::string file_heading(const Start& start) {
  if (!start.replay || !start.replay->one_of_many) return "";
  const std::string& host = start.replay->host;
  return fmt::format("== {}{}\n", escape(start.replay->file),
                     host.empty() ? "" : ", recorded on " + escape(host));
}

std::string lost_text(const model::LostEvent& lost) {
  const std::string cause = lost.cause.empty() ? "" : " (" + escape(lost.cause) + ")";
  return fmt::format("WARNING: {} lost{}; findings may be missing\n",
                     count_words(lost.count, "event"), cause);
}

} // namespace mlockscope::report
