// Probes that are attached while they are wanted, and no longer.
#pragma once

#include "capture/probes.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace mlockscope::capture {

/// Attaching takes the kernel tens of milliseconds, detaching more: a thread of its own does it,
/// and the reader of the ring never waits for it. The thread begins with the first wish.
class LateProbes {
public:
  /// The programs and `tracefs` must outlive this.
  LateProbes(std::vector<Hook> hooks, const Tracefs& tracefs)
      : hooks_(std::move(hooks)), tracefs_(tracefs) {}
  ~LateProbes();
  LateProbes(const LateProbes&) = delete;

  /// Returns at once.
  void want(bool attached);
  [[nodiscard]] std::size_t size() const { return hooks_.size(); }
  /// Whether they are attached now; false if there are none.
  [[nodiscard]] bool attached() const { return attached_; }

private:
  void work();
  void attach();
  void detach();

  std::vector<Hook> hooks_;
  const Tracefs& tracefs_;
  std::vector<Link> links_; ///< of the thread
  std::atomic<bool> attached_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool over_ = false;
  std::thread thread_;
};

} // namespace mlockscope::capture
