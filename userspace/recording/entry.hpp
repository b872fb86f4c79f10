// What a recording is made of: where it comes from, and then everything that the correlator and the
// sinks were told, in the order in which they were told it.
#pragma once

#include "model/event.hpp"
#include "model/process.hpp"
#include "model/user_stack.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mlockscope::recording {

/// What holds for all of a recording. Names from other machines: hostile text.
struct Origin {
  std::string version; ///< of the mlockscope that recorded
  std::string kernel;  ///< release, "6.12.9"
  std::string machine; ///< "x86_64"
  std::string host;    ///< uname -n
  std::string backend; ///< how it was traced, "tracepoint"; "strace" for a log
  std::string boot_id; ///< /proc/sys/kernel/random/boot_id; empty if unknown
  std::uint64_t page_size = 0;
  std::int64_t boot_time = 0;    ///< nanoseconds since 1970 UTC; 0: unknown
  std::int64_t clock_offset = 0; ///< what to add to a model::Time to get nanoseconds since 1970 UTC
  model::Time began = 0;
  model::Time fork_grace = 0; ///< nanoseconds, as it was traced
  /// Every call that made, moved or ended a mapping is in it, from the first instruction of each
  /// program on. Otherwise such calls begin with an address space's first lock.
  bool all_mappings = false;
  /// Calls by the 32-bit ABI were possible and could not be seen.
  bool misses_32_bit_calls = false;
  bool operator==(const Origin&) const = default;
};

/// Whose an address space is. Told before its first event, and again if more has become known.
struct ProcessSeen {
  model::SpaceId space{};
  std::uint32_t pid = 0;
  model::ProcessInfo info;
  bool operator==(const ProcessSeen&) const = default;
};

/// The executable mappings of a process, by which its code addresses can be named later.
struct CodeMappings {
  using File = model::CodeMapping;
  model::SpaceId space{};
  std::uint32_t pid = 0;
  model::Time time = 0;
  std::vector<File> files; ///< ascending; replaces what was told of this address space before
  bool operator==(const CodeMappings&) const = default;
};

/// Entries are missing here: the disk was too slow. `spaces` are the address spaces alive after the
/// gap, each with the number of its calls that had been handled by then (Correlator::calls_seen).
struct Gap {
  std::uint64_t entries = 0;
  model::Time time = 0;
  std::string cause{};
  std::vector<std::pair<model::SpaceId, std::uint64_t>> spaces{};
  bool operator==(const Gap&) const = default;
};

/// The tracing ended here in good order: Correlator::finish(time).
struct Ended {
  model::Time time = 0;
  model::StackCounts stacks{};
  bool operator==(const Ended&) const = default;
};

/// A user stack, before the first call that was made there.
struct StackSeen {
  model::StackId stack{};
  model::SpaceId space{};
  std::uint32_t pid = 0;
  model::Time time = 0;
  std::vector<model::Address> addresses; ///< as model::UserStack has them
  bool operator==(const StackSeen&) const = default;
};

/// What its places are called. Once for each stack, any time after it was seen: from then on, and
/// for the findings that have waited for it, it is so.
struct StackNamed {
  model::StackId stack{};
  model::Stack frames;
  bool operator==(const StackNamed&) const = default;
};

using Entry =
    std::variant<model::Event, ProcessSeen, CodeMappings, Gap, Ended, StackSeen, StackNamed>;

} // namespace mlockscope::recording
