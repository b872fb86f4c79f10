// KIND         SEVERITY     PID COMM            ADDRESS        EXPOSED
// spill        high        4242 demo            0x7f00deadb064 32 B
// lock-failed  high        4242 demo            0x7f00deadb000 mlock ENOMEM x117
// swapped      critical    4242 demo            0x7f00deadb064 32 B, #1
// fork         medium      4242 demo            0x7f00deadb064 32 B to 4711
// munlock      -           4242 demo            0x7f00deadb000 32 = 0, all>none
// fault-major  -           4242 demo            0x7f00deadb064 exposed swap-in
#include "report/line.hpp"

#include "model/words.hpp"
#include "report/call_text.hpp"
#include "report/fault_text.hpp"
#include "report/stack_text.hpp"
#include "report/summary.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::report {
namespace {

/// The first exposed byte, or for a lock that failed the address that was asked for; where a call
/// has none, its name.
std::string address(const model::Finding& finding) {
  if (!finding.exposed.empty()) return hex(finding.exposed.front().start);
  if (has_address(finding.call.call)) return hex(finding.call.addr);
  return std::string(word(finding.call.call));
}

std::string failure_detail(const model::Finding& finding) {
  const model::CallSite& site = finding.call;
  std::string text = result_text(site.ret);
  if (has_address(site.call)) text = std::string(word(site.call)) + " " + text;
  if (finding.count > 1) text += fmt::format(" x{}", finding.count);
  return text;
}

std::string detail(const model::Finding& finding) {
  if (finding.kind == model::Kind::lock_failed) return failure_detail(finding);
  std::string text = size_words(finding.exposed_bytes);
  if (finding.confidence != model::Confidence::verified)
    text += fmt::format(" {}", word(finding.confidence));
  if (finding.opener) text += fmt::format(", #{}", static_cast<std::uint64_t>(*finding.opener));
  // A word for "the parent has ended" that leaves room for the number in 80 columns.
  if (finding.inherited)
    text += fmt::format(" {} {}", finding.inherited->owner_ended ? "orphan" : "to",
                        finding.inherited->child_pid);
  return text;
}

std::string locked_text(model::KernelWord::Locked locked) {
  return locked == model::KernelWord::Locked::unknown ? "?" : std::string(word(locked));
}

std::string call_detail(const model::CallEvent& event, const model::CallReading& reading) {
  std::string text;
  if (has_length(event.call)) text += length_text(event.len) + " ";
  if (event.call == model::Call::mlockall) text += flag_words(event.call, event.flags) + " ";
  text += "= " + result_text(event.ret);
  using enum model::KernelWord::Locked;
  if (reading.before != unknown || reading.after != unknown)
    text += ", " + locked_text(reading.before) + ">" + locked_text(reading.after);
  return text;
}

/// "exposed cow": copy-on-write would not fit into 80 columns.
std::string fault_detail(const model::FaultReading& reading) {
  const bool copied = reading.cause == model::FaultReading::Cause::copy_on_write;
  const std::string_view cause = copied ? "cow" : word(reading.cause);
  return std::string(word(reading.where)) + (cause.empty() ? "" : " ") + std::string(cause);
}

} // namespace

std::string LineSink::row(model::Time time, const model::Caller& caller, std::string_view first,
                          std::string second, std::string_view address,
                          std::string_view rest) const {
  const std::string stamp = options_.timestamps ? time_of_day(options_.clock, time) + " " : "";
  return fmt::format("{}{:<12} {} {:>7} {:<15} {:<14} {}\n", stamp, first, second, caller.pid,
                     escape(caller.comm.view()), address, rest);
}

void LineSink::start(const Start& start) {
  notes_.write(start_text(start));
  notes_.flush();
  out_.write(file_heading(start));
  if (options_.timestamps) out_.write(fmt::format("{:<12} ", "TIME(UTC)"));
  out_.write(fmt::format("{:<12} {:<8} {:>7} {:<15} {:<14} {}\n", "KIND", "SEVERITY", "PID", "COMM",
                         "ADDRESS", "EXPOSED"));
  out_.flush();
}

void LineSink::finding(const model::Finding& finding, const Context& context) {
  const Showing shown = showing(context, options_.every);
  if (shown == Showing::nothing) return;
  std::string rest = detail(finding);
  if (shown == Showing::count) rest += fmt::format(", time {} here", context.nth);
  const std::string severity =
      painted(fmt::format("{:<8}", word(finding.severity)), finding.severity, options_.colour);
  out_.write(row(time_of(finding), finding.call.caller, word(finding.kind), severity,
                 address(finding), rest));
  if (shown == Showing::whole) out_.write(place_lines(finding, context));
  out_.flush();
}

void LineSink::call(const model::CallEvent& event, const model::CallReading& reading) {
  out_.write(row(event.exit, event.caller, word(event.call), "-       ",
                 has_address(event.call) ? hex(event.addr) : "-", call_detail(event, reading)));
}

void LineSink::fault(const model::FaultEvent& event, const model::FaultReading& reading) {
  out_.write(row(event.time, event.caller, fmt::format("fault-{}", weight_word(event)), "-       ",
                 hex(event.addr), fault_detail(reading)));
}

void LineSink::lost(const model::LostEvent& lost) {
  out_.flush();
  notes_.write(lost_text(lost));
  notes_.flush();
}

void LineSink::summary(const Summary& summary) {
  out_.write("\n" + summary_text(summary, options_.colour, options_.clock));
  out_.flush();
}

} // namespace mlockscope::report
