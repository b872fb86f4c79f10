#include "metrics/exchange.hpp"

#include <sys/eventfd.h>

namespace mlockscope::metrics {

Exchange::Exchange() : wish_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

std::uint64_t Exchange::wish() {
  eventfd_t ignored = 0;
  ::eventfd_read(wish_fd_.get(), &ignored);
  const std::lock_guard lock(mutex_);
  return wished_ > given_ ? wished_ : 0;
}

void Exchange::answer(std::uint64_t wish, Snapshot snapshot) {
  auto next = std::make_shared<const Snapshot>(std::move(snapshot));
  {
    const std::lock_guard lock(mutex_);
    given_ = wish;
    latest_.swap(next);
  }
  answered_.notify_all();
}

void Exchange::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  answered_.notify_all();
}

Exchange::Answer Exchange::ask(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++wished_;
  ::eventfd_write(wish_fd_.get(), 1);
  answered_.wait_for(lock, patience, [&] { return given_ >= mine || closed_; });
  return {latest_, given_ >= mine};
}

Exchange::Pointer Exchange::latest() {
  const std::lock_guard lock(mutex_);
  return latest_;
}

} // namespace mlockscope::metrics
