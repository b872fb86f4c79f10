// Wire bytes -> model::Event. Sizes, types and enumerations are checked here and nowhere else.
#pragma once

#include "model/event.hpp"
#include "model/process.hpp"
#include "model/user_stack.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace mlockscope::decode {

/// One record of the ring buffer. Fails on an unknown type, a wrong size or a value out of range.
[[nodiscard]] util::Result<model::Event> decode(std::span<const std::byte> record, model::PageSize);

/// The address space of a call that decode() refuses, for a LostEvent; nothing if the record does
/// not look like one of a call.
[[nodiscard]] std::optional<model::SpaceId> named_space(std::span<const std::byte> record);

/// Whose an address space is. Paths as the kernel has them: hostile text; nothing if unknown.
struct Birth {
  model::SpaceId space{};
  std::uint32_t pid = 0;
  model::Comm comm; ///< of the process
  std::optional<std::string> exe;
  std::optional<std::string> cgroup;
  /// Text of the program, as execve() mapped it; [0, 0) if unknown. It is moved by what the kernel
  /// chose when it loaded the program.
  model::Address start_code = 0, end_code = 0;
};

/// Nothing if the record is of another type; these are for decode().
[[nodiscard]] std::optional<Birth> decode_birth(std::span<const std::byte> record);

/// A page of an address space went to swap or came back.
struct SwapTraffic {
  model::SpaceId space{};
  model::Time time = 0;
  /// The page that was written, if mremap has not moved it; nothing: some page.
  std::optional<model::PageRange> written;
};

/// Nothing if the record is of another type, or tells for certain which page it was: these are for
/// decode().
[[nodiscard]] std::optional<SwapTraffic> decode_swap_traffic(std::span<const std::byte> record,
                                                             model::PageSize);

/// A stack that later calls may name. Nothing if the record is of another type, or damaged; these
/// are for decode().
[[nodiscard]] std::optional<model::UserStack> decode_stack(std::span<const std::byte> record);

/// A mapping of code that the next stack of its address space needs.
struct Code {
  model::SpaceId space{};
  std::uint32_t pid = 0;
  model::Time time = 0;
  /// As /proc/PID/maps had it then. Its path is empty if it was too long for the probe.
  model::CodeMapping mapping;
};

/// Nothing if the record is of another type, or damaged; these are for decode().
[[nodiscard]] std::optional<Code> decode_code(std::span<const std::byte> record, model::PageSize);

/// The range a lock call acts on, or whose state at exit a record of another call carries: the
/// reader's side of judged_range() in bpf/calls.bpf.h. Empty if there is none.
[[nodiscard]] model::PageRange judged_range(const model::CallEvent&, model::PageSize);

} // namespace mlockscope::decode
