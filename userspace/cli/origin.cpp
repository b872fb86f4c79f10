#include "cli/origin.hpp"

#include "cli/version.hpp"
#include "procfs/file.hpp"

#include <ctime>
#include <sys/utsname.h>

namespace mlockscope::cli {
namespace {

std::int64_t nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

/// A name for this boot (drivers/char/random.c); empty where /proc has none.
std::string boot_id() {
  auto text = procfs::read_text("/proc/sys/kernel/random/boot_id");
  if (!text) return {};
  return text.value().substr(0, text.value().find('\n'));
}

} // namespace

recording::Origin origin_of_this_host(model::PageSize page, const report::Clock& clock) {
  utsname names{};
  ::uname(&names);
  recording::Origin origin;
  origin.version = version_text;
  origin.kernel = names.release;
  origin.machine = names.machine;
  origin.host = names.nodename;
  origin.boot_id = boot_id();
  origin.page_size = page.bytes();
  origin.boot_time = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME);
  origin.clock_offset = clock.offset;
  return origin;
}

} // namespace mlockscope::cli
