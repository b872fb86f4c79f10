// The helper as the broker has it: a child process that can be started again and again.
#pragma once

#include "symbols/channel.hpp"
#include "symbols/sandbox.hpp"

#include <atomic>
#include <memory>
#include <sys/types.h>

namespace mlockscope::symbols {

class HelperProcess {
public:
  struct Settings {
    SandboxLimits sandbox;
    std::uint64_t cache_memory = 0; ///< bytes
    bool perf_maps = true;
  };

  explicit HelperProcess(Settings settings);
  ~HelperProcess();
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;

  /// Forks; the caller has one thread. False if it cannot. Only when it is not running.
  bool start();
  [[nodiscard]] bool running() const { return pid_ > 0; }
  /// Ends it, if it runs.
  void kill();

  /// A message to it, with a descriptor unless that is -1. False: it does not take it.
  [[nodiscard]] bool send(std::string_view message, int passed = -1);
  [[nodiscard]] Channel& channel() { return *channel_; } ///< from it; while it runs

  /// The file that it works on, by id; 0: on none. From the helper: it may lie.
  [[nodiscard]] std::uint64_t at_work() const { return *at_work_; }

private:
  using Word = std::atomic<std::uint64_t>;
  Settings settings_;
  pid_t pid_ = 0;
  std::unique_ptr<Channel> channel_;
  Word* at_work_ = nullptr; ///< shared with the helper
};

} // namespace mlockscope::symbols
