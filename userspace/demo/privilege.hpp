// Who may lock how much: RLIMIT_MEMLOCK, and CAP_IPC_LOCK, which lifts it.
#pragma once

#include <cstdint>
#include <sys/resource.h>

namespace mlockscope::demo {

/// True if this process may lock all it has mapped at once, as mlockall(MCL_CURRENT) asks.
[[nodiscard]] bool may_lock_everything();

/// As long as it lives, this thread may lock no more than `bytes`, even if it is root's: the soft
/// limit is lowered and CAP_IPC_LOCK laid aside. Both come back, no matter who runs this.
class LowMemlock {
public:
  explicit LowMemlock(rlim_t bytes);
  LowMemlock(const LowMemlock&) = delete;
  LowMemlock& operator=(const LowMemlock&) = delete;
  ~LowMemlock();

private:
  rlimit limit_{};
  bool had_capability_ = false;
};

} // namespace mlockscope::demo
