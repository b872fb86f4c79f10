#include "report/evidence.hpp"

#include "model/words.hpp"
#include "report/prose.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

constexpr std::size_t margin = 2;
constexpr std::size_t ranges_shown = 4;

std::string victim_text(const model::Victim& victim, const model::CallSite& site,
                        std::string_view before) {
  std::string text = victim.call ? std::string(word(*victim.call)) : "a lock";
  if (victim.request)
    text += fmt::format("({}, {})", hex(victim.request->start), victim.request->size());
  if (victim.locked_at && *victim.locked_at <= site.time)
    text += fmt::format(", {} {}", duration(site.time - *victim.locked_at), before);
  if (victim.tid && *victim.tid == site.caller.tid)
    text += ", by the same thread";
  else if (victim.tid)
    text += fmt::format(", by thread {}", *victim.tid);
  if (victim.now) text += "; mremap has moved it to " + range_text(*victim.now);
  return text;
}

} // namespace

std::string paragraph(std::string_view text) { return text.empty() ? "" : wrapped(text, margin); }

std::string exposed_lines(const model::Finding& finding) {
  std::string text;
  const std::size_t shown = std::min(finding.exposed.size(), ranges_shown);
  for (std::size_t i = 0; i < shown; ++i)
    text += fmt::format("    {}\n", range_text(finding.exposed[i]));
  if (finding.exposed.size() > shown)
    text += fmt::format("    and {}\n", count_words(finding.exposed.size() - shown, "more range"));
  return text;
}

std::string victim_lines(const model::Victim& victim, const model::CallSite& site,
                         std::string_view before) {
  return wrapped("of " + victim_text(victim, site, before), 4, 2);
}

} // namespace mlockscope::report
