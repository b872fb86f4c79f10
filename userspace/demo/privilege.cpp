// Capabilities by the raw system calls: libcap for one bit would be one more thing to install.
#include "demo/privilege.hpp"

#include "demo/memory.hpp"

#include <array>
#include <cstdio>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mlockscope::demo {
namespace {

constexpr std::uint32_t ipc_lock_bit = 1u << CAP_IPC_LOCK; // 14: in the first word

struct Capabilities {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
};

Capabilities read_capabilities() {
  Capabilities own;
  if (::syscall(SYS_capget, &own.header, own.sets.data()) != 0) fail("capget");
  return own;
}

bool has_ipc_lock() { return (read_capabilities().sets[0].effective & ipc_lock_bit) != 0; }

/// Returns what the system call does: 0, or -1 and errno.
long set_ipc_lock(bool on) {
  Capabilities own = read_capabilities();
  if (on) {
    own.sets[0].effective |= ipc_lock_bit;
  } else {
    own.sets[0].effective &= ~ipc_lock_bit;
  }
  return ::syscall(SYS_capset, &own.header, own.sets.data());
}

/// Bytes of address space in use, all of which mlockall(MCL_CURRENT) charges; 0 if unknown.
std::uint64_t mapped_bytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0;
  if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
  std::fclose(file);
  return std::uint64_t{pages} * page_size();
}

} // namespace

bool may_lock_everything() {
  if (has_ipc_lock()) return true;
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  const std::uint64_t mapped = mapped_bytes();
  return limit.rlim_cur == RLIM_INFINITY || (mapped != 0 && mapped < limit.rlim_cur);
}

LowMemlock::LowMemlock(rlim_t bytes) {
  if (::getrlimit(RLIMIT_MEMLOCK, &limit_) != 0) fail("getrlimit");
  had_capability_ = has_ipc_lock();
  if (had_capability_ && set_ipc_lock(false) != 0) fail("capset");
  // Only the soft limit: whoever has no CAP_SYS_RESOURCE could not raise the hard one again.
  const rlimit low{bytes, limit_.rlim_max};
  if (limit_.rlim_cur > bytes && ::setrlimit(RLIMIT_MEMLOCK, &low) != 0) fail("setrlimit");
}

LowMemlock::~LowMemlock() {
  ::setrlimit(RLIMIT_MEMLOCK, &limit_);
  if (had_capability_) set_ipc_lock(true);
}

} // namespace mlockscope::demo
