// A user stack as the probes saw it: addresses, and what is needed to find more of them.
#pragma once

#include "model/event.hpp"

namespace mlockscope::model {

/// The registers by which a stack is unwound, and the bytes above the stack pointer, as they were
/// when the call was made. Hostile data.
struct StackCopy {
  /// Of x86-64: ip sp bp bx r12 r13 r14 r15. Of arm64: pc sp fp lr, and the rest 0.
  enum Register : std::uint8_t { ip, sp, fp, bx_or_lr, r12, r13, r14, r15, registers };
  std::array<std::uint64_t, registers> values{};
  std::vector<std::uint8_t> bytes; ///< from sp on
  bool operator==(const StackCopy&) const = default;
};

/// A stack as the kernel's probes saw it.
struct UserStack {
  StackId id{};
  SpaceId space{};
  std::uint32_t pid = 0;
  Time time = 0; ///< when it was first seen
  /// Innermost first. The first is where the system call returns to, the second its caller as the
  /// top of the stack has it, if that is known; what follows came by frame pointers. All but the
  /// first are return addresses.
  std::vector<Address> addresses;
  std::optional<StackCopy> copy; ///< for unwinding further
  bool operator==(const UserStack&) const = default;
};

/// How many stacks a finding may be without, and why. No verdict is in doubt for it.
struct StackCounts {
  std::uint64_t lost = 0;      ///< calls without one: the ring buffer had no room for it
  std::uint64_t skipped = 0;   ///< calls of which only the innermost places are known, for the cost
  std::uint64_t recycled = 0;  ///< gave up their place among those told; told again if seen again
  std::uint64_t forgotten = 0; ///< calls without one: there were too many others since it was told
  std::uint64_t unnamed = 0;   ///< stacks of which no place has a name
  bool operator==(const StackCounts&) const = default;
};

} // namespace mlockscope::model
