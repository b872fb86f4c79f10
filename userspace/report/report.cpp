// #1 spill, high: demo (pid 4242) unlocked bytes of another lock on the same page
//   munlock(0x7f00deadb000, 32) asked to unlock 32 B. The kernel works on whole pages of
//   4 KiB, so it unlocked 0x7f00deadb000-0x7f00deadc000 (4 KiB).
//   ...
#include "report/report.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"
#include "report/evidence.hpp"
#include "report/fault_text.hpp"
#include "report/fork_text.hpp"
#include "report/lock_failure.hpp"
#include "report/picture.hpp"
#include "report/prose.hpp"
#include "report/stack_text.hpp"
#include "report/summary.hpp"
#include "report/swapped_text.hpp"
#include "report/text.hpp"

#include <cstring>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

std::string exposed_text(const model::Finding& finding) {
  const std::string bytes = size_words(finding.exposed_bytes);
  const bool lock_all = finding.kind == model::Kind::lockall_hole;
  const char* whose = lock_all ? " that mlockall had locked" : " that an earlier lock still covers";
  std::string text = paragraph(bytes + whose + " can be written to swap now:");
  text += exposed_lines(finding);
  if (finding.victim) text += victim_lines(*finding.victim, finding.call);
  return text;
}

std::string failure_text(const model::Finding& finding, model::PageSize page) {
  const int number = errno_of(finding.call.ret);
  const FailureCause cause = cause_of(finding, page);
  std::string call = call_text(finding.call) + " = " + result_text(finding.call.ret);
  if (number != 0) call += fmt::format(" ({})", ::strerror(number));
  std::string text = paragraph(call);
  if (finding.failure) text += paragraph(evidence_text(*finding.failure));
  // What is locked was not refused for any of the causes that are told of memory.
  const bool locked = finding.locked_after == model::KernelWord::Locked::all;
  if (!locked || cause != FailureCause::memory) text += paragraph(cause_text(cause));
  text += paragraph(outcome_text(cause, finding));
  const std::string help = help_text(cause, finding);
  if (!help.empty()) text += paragraph("What helps: " + help);
  return text;
}

std::string again_text(const Context& context) {
  return fmt::format("For the {}th time from the same places, group {}: it is shown in whole "
                     "above, and all are counted below.",
                     context.nth, group_text(*context.group));
}

} // namespace

std::string ReportSink::heading(const model::Finding& finding) const {
  const std::string title = fmt::format("{}, {}", word(finding.kind), word(finding.severity));
  const std::string times = finding.count > 1 ? fmt::format(", {} times", finding.count) : "";
  return fmt::format("#{} {}: {} (pid {}) {}{}\n", static_cast<std::uint64_t>(finding.id),
                     painted(title, finding.severity, options_.colour),
                     escape(finding.call.caller.comm.view()), finding.call.caller.pid,
                     what_happened(finding), times);
}

std::string ReportSink::unlock_text(const model::Finding& finding) const {
  const model::CallSite& site = finding.call;
  std::string text = call_text(site);
  text += " asked to unlock " + size_words(site.len) + ".";
  if (site.applied) {
    const std::string pages = page_size_ ? " of " + size_words(page_size_->bytes()) : "";
    text += fmt::format(" The kernel works on whole pages{}, so it unlocked {} ({}).", pages,
                        range_text(*site.applied), size_words(site.applied->size()));
  }
  if (errno_of(site.ret) != 0)
    text += " The call failed with " + result_text(site.ret) + ", but only after that.";
  return paragraph(text);
}

std::string ReportSink::who_text(const model::Finding& finding,
                                 const model::ProcessInfo& process) const {
  const model::Caller& caller = finding.call.caller;
  std::string text = process.exe ? escape(*process.exe) : "an unknown program";
  text += fmt::format(", thread {}", caller.tid);
  if (const auto uid = caller.known_uid()) text += fmt::format(", uid {}", *uid);
  if (process.container)
    text += ", container " + escape(process.container->substr(0, 12));
  else if (process.cgroup && *process.cgroup != "/")
    text += ", cgroup " + escape(*process.cgroup);
  const std::string time = time_of_day(options_.clock, finding.call.time) + " UTC by " + text + ".";
  if (!finding.seen_in_swap) return paragraph("At " + time);
  const std::string seen = time_of_day(options_.clock, *finding.seen_in_swap);
  return paragraph("Seen in swap at " + seen + " UTC; unlocked at " + time);
}

void ReportSink::start(const Start& start) {
  page_size_ = start.page_size;
  notes_.write(start_text(start));
  notes_.flush();
  out_.write(file_heading(start));
}

std::string ReportSink::verdict_text(const model::Finding& finding) const {
  const bool unlock = finding.call.call == model::Call::munlock;
  const std::string drawing = unlock ? picture(finding) : "";
  std::string text = unlock ? unlock_text(finding) : "";
  text += exposed_text(finding);
  if (!drawing.empty()) text += "\n" + drawing + "\n";
  text += paragraph(why_it_happens(finding.kind));
  text += paragraph(how_sure(finding.confidence));
  return text + paragraph("What helps: " + std::string(what_helps(finding.kind)));
}

std::string ReportSink::body(const model::Finding& finding) const {
  // Without a page size nothing is rounded.
  const model::PageSize page = page_size_.value_or(model::PageSize(1));
  if (finding.kind == model::Kind::lock_failed) return failure_text(finding, page);
  if (finding.kind == model::Kind::swapped) return swapped_text(finding);
  if (finding.kind == model::Kind::fork) return fork_text(finding);
  return verdict_text(finding);
}

void ReportSink::finding(const model::Finding& finding, const Context& context) {
  const Showing shown = showing(context, options_.every);
  if (shown != Showing::whole && model::opens_exposure(finding.kind)) folded_.insert(finding.id);
  if (shown == Showing::nothing) return;
  if (shown == Showing::count)
    out_.write(heading(finding) + paragraph(again_text(context)) + "\n");
  else
    out_.write(heading(finding) + body(finding) + stack_lines(finding, context) +
               who_text(finding, context.process) + "\n");
  out_.flush();
}

void ReportSink::exposure(const model::Exposure& exposure) {
  if (folded_.erase(exposure.finding) != 0) return;
  out_.write(fmt::format("#{}: its {} {}, after {}\n\n",
                         static_cast<std::uint64_t>(exposure.finding), size_words(exposure.bytes),
                         how_it_closed(exposure.closed),
                         duration(exposure.ended - exposure.opened)));
  out_.flush();
}

void ReportSink::call(const model::CallEvent& event, const model::CallReading& reading) {
  std::string text = fmt::format("{} {} (pid {}) {} = {}", time_of_day(options_.clock, event.exit),
                                 escape(event.caller.comm.view()), event.caller.pid,
                                 call_text(event.call, event.addr, event.len, event.flags),
                                 result_text(event.ret));
  if (reading.rounding_bytes != 0)
    text += fmt::format(", rounded by {}", size_words(reading.rounding_bytes));
  out_.write(text + "\n");
}

void ReportSink::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  out_.write(fmt::format("{} {} (pid {}) {}\n", time_of_day(options_.clock, event.time),
                         escape(event.caller.comm.view()), event.caller.pid,
                         fault_text(event, reading)));
}

void ReportSink::lost(const model::LostEvent& lost) {
  out_.flush();
  notes_.write(lost_text(lost));
  notes_.flush();
}

void ReportSink::summary(const Summary& summary) {
  out_.write(summary_text(summary, options_.colour, options_.clock));
  out_.flush();
}

} // namespace mlockscope::report
