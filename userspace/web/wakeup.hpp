// A flag that poll() can wait for (eventfd).
#pragma once

#include "util/fd.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace mlockscope::web {

class Wakeup {
public:
  Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  [[nodiscard]] bool works() const { return static_cast<bool>(event_); }
  /// Readable from set() to clear().
  [[nodiscard]] int fd() const { return event_.get(); }
  void set() const {
    const std::uint64_t one = 1;
    (void)!::write(fd(), &one, sizeof one);
  }
  void clear() const {
    std::uint64_t count = 0;
    (void)!::read(fd(), &count, sizeof count);
  }

private:
  util::Fd event_;
};

} // namespace mlockscope::web
