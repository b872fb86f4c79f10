#include "report/fault_text.hpp"

#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::FaultReading;

std::string_view cause_in_prose(FaultReading::Cause cause) {
  switch (cause) {
  case FaultReading::Cause::unknown:
    return "";
  case FaultReading::Cause::first_touch:
    return " (first touch)";
  case FaultReading::Cause::copy_on_write:
    return " (copy on write)";
  case FaultReading::Cause::swap_in:
    return " (read back from swap)";
  }
  return "";
}

/// A lock-all has pages, but nobody asked for certain bytes.
std::string lock_of(const FaultReading& reading) {
  if (!reading.requested && !reading.applied) return "";
  std::string text = "; lock";
  if (reading.requested) text += " of " + range_text(*reading.requested);
  if (reading.requested && reading.applied) text += ",";
  if (reading.applied) text += " on pages " + range_text(*reading.applied);
  return text;
}

} // namespace

std::string_view word(FaultReading::Where where) {
  return where == FaultReading::Where::locked ? "locked" : "exposed";
}

std::string_view word(FaultReading::Cause cause) {
  switch (cause) {
  case FaultReading::Cause::unknown:
    return "";
  case FaultReading::Cause::first_touch:
    return "first-touch";
  case FaultReading::Cause::copy_on_write:
    return "copy-on-write";
  case FaultReading::Cause::swap_in:
    return "swap-in";
  }
  return "";
}

std::string_view weight_word(const model::FaultEvent& event) {
  return event.major ? "major" : "minor";
}

std::string fault_text(const model::FaultEvent& event, const FaultReading& reading) {
  const char* where = reading.where == FaultReading::Where::locked ? "a locked" : "an exposed";
  return fmt::format("{} page fault at {} on {} page{}{}", weight_word(event), hex(event.addr),
                     where, cause_in_prose(reading.cause), lock_of(reading));
}

} // namespace mlockscope::report
