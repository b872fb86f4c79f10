#include "capture/late_probes.hpp"

#include <chrono>

namespace mlockscope::capture {
namespace {

/// After an attachment that failed: the kernel may have been short of memory.
constexpr std::chrono::seconds until_next_try{10};

} // namespace

LateProbes::~LateProbes() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void LateProbes::want(bool attached) {
  if (hooks_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    if (wanted_ == attached) return;
    wanted_ = attached;
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_one();
}

void LateProbes::work() {
  bool done = false; // what was wanted last
  std::unique_lock lock(mutex_);
  const auto changed = [&] { return over_ || wanted_ != done; };
  for (;;) {
    if (done && !attached_)
      changed_.wait_for(lock, until_next_try, changed);
    else
      changed_.wait(lock, changed);
    if (over_) return;
    done = wanted_;
    lock.unlock();
    if (done) attach();
    if (!done) detach();
    lock.lock();
  }
}

void LateProbes::detach() {
  attached_ = false;
  links_.clear();
}

/// What one that fails would have told of is missing until the next try (faults), or found by
/// looking now and then (swap).
void LateProbes::attach() {
  links_.clear(); // those of a try that failed
  for (const Hook& hook : hooks_)
    if (auto link = capture::attach(hook, tracefs_); link) links_.push_back(link.take());
  attached_ = links_.size() == hooks_.size();
}

} // namespace mlockscope::capture
