// Names for user stacks.
//
// ELF files, debug information and perf maps of traced processes are hostile, and their parsers
// are large. So there are three processes. The Resolver is the tracer's end: it opens and parses
// nothing. The broker (broker.hpp) keeps the tracer's privileges, opens files and parses none. The
// helper (helper.hpp) has the files open that the broker passed to it, a time limit, and no
// privilege (sandbox.hpp); if it dies, the broker starts another.
#pragma once

#include "model/process.hpp"
#include "model/stack.hpp"
#include "model/user_stack.hpp"
#include "util/result.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

namespace mlockscope::symbols {

/// The code of an address space at one time; the caller counts its versions.
struct CodeKey {
  model::SpaceId space{};
  std::uint32_t version = 0;
  auto operator<=>(const CodeKey&) const = default;
};

struct Request {
  std::uint64_t id = 0; ///< the caller's own, comes back with the answer
  CodeKey code;         ///< described before; otherwise the answer is empty
  /// As UserStack::addresses. At most 256 are looked at.
  std::vector<model::Address> addresses;
  std::optional<model::StackCopy> copy; ///< at most 256 KiB of it are looked at
};

/// Empty if there is a name for nothing, or the request failed.
struct Answer {
  std::uint64_t id = 0;
  model::Stack stack;
};

/// All since the start.
struct Counters {
  std::uint64_t requests = 0;          ///< submitted
  std::uint64_t answers = 0;           ///< handed out by collect() and finish()
  std::uint64_t empty_answers = 0;     ///< of them, without a stack
  std::uint64_t refused = 0;           ///< of the requests: the queue was full
  std::uint64_t lost_descriptions = 0; ///< describe() found the queue full
  std::uint64_t helper_restarts = 0;   ///< because it died or was killed
  std::uint64_t timeouts = 0;          ///< of the restarts: the request took too long
  std::uint64_t files_given_up = 0;    ///< files that a helper died of twice
  std::uint64_t broker_lost = 0;       ///< 1: the broker is gone; nothing is named any more
  bool operator==(const Counters&) const = default;
};

class Resolver {
public:
  struct Options {
    bool verbose = false;                                  ///< parsers may write to standard error
    std::chrono::milliseconds deadline{2000};              ///< for one request, by the wall clock
    std::uint64_t helper_memory = std::uint64_t{2} << 30;  ///< RLIMIT_AS, bytes
    std::uint64_t cache_memory = std::uint64_t{128} << 20; ///< of the helper's tables, bytes
    std::size_t most_waiting = 4096;                       ///< requests that have no answer yet
    std::size_t most_spaces = 1024; ///< described; the least recently described goes first
    bool perf_maps = true; ///< read /tmp/perf-PID.map of processes that make code at run time
  };

  /// Forks the broker, which forks the helper: no other thread may run yet. Neither is a child of
  /// the caller, to wait(2). The broker leaves signals of the terminal alone and ends with this
  /// object, or with the process that has it.
  [[nodiscard]] static util::Result<std::unique_ptr<Resolver>> start(Options options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The executable mappings of `pid` as they are now. Their files are opened as soon as the broker
  /// can, so that they have names after the process has ended and the files are gone. Replaces
  /// what the same key described before. Never blocks.
  void describe(CodeKey key, const std::vector<model::CodeMapping>& code, std::uint32_t pid);
  /// No more requests for this address space will come: its files can be closed.
  void forget(model::SpaceId space);

  /// Never blocks. Each request is answered once, in any order; at once and empty if too many wait.
  void submit(Request request);
  /// Readable (epoll(7), poll(2)) when collect() has something to do.
  [[nodiscard]] int fd() const;
  /// Appends the answers that are there, and gives their number. Never blocks.
  std::size_t collect(std::vector<Answer>& answers);
  /// Waits for what is outstanding; what has no answer when patience ends is answered empty.
  void finish(std::chrono::milliseconds patience, std::vector<Answer>& answers);

  [[nodiscard]] Counters counters() const;
  /// The helper is its only child.
  [[nodiscard]] int broker_pid() const;

private:
  class Impl;
  explicit Resolver(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace mlockscope::symbols
