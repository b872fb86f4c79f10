#include "report/clock.hpp"

#include <chrono>
#include <ctime>
#include <fmt/compile.h>
#include <iterator>

namespace mlockscope::report {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * second + now.tv_nsec;
}

struct Parts {
  int year;
  unsigned month, day;
  std::int64_t hours, minutes, seconds, nanos;
};

Parts parts_of(std::int64_t realtime) {
  using namespace std::chrono;
  const auto day = floor<days>(std::chrono::nanoseconds(realtime));
  const year_month_day date{sys_days(day)};
  const std::int64_t rest = realtime - std::chrono::nanoseconds(day).count();
  const std::int64_t of_day = rest / second;
  return {int(date.year()), unsigned(date.month()), unsigned(date.day()),
          of_day / 3600,    of_day / 60 % 60,       of_day % 60,
          rest % second};
}

} // namespace

Clock Clock::of_this_system() {
  // The two readings are a fraction of a microsecond apart; nothing here needs more.
  return {nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_MONOTONIC)};
}

void append_rfc3339(std::string& text, const Clock& clock, model::Time time) {
  const Parts at = parts_of(clock.realtime(time));
  fmt::format_to(std::back_inserter(text),
                 FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z"), at.year, at.month,
                 at.day, at.hours, at.minutes, at.seconds, at.nanos);
}

std::string rfc3339(const Clock& clock, model::Time time) {
  std::string text;
  append_rfc3339(text, clock, time);
  return text;
}

std::string time_of_day(const Clock& clock, model::Time time) {
  const Parts at = parts_of(clock.realtime(time));
  return fmt::format("{:02}:{:02}:{:02}.{:03}", at.hours, at.minutes, at.seconds,
                     at.nanos / 1'000'000);
}

} // namespace mlockscope::report
