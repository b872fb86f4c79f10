// DWARF expressions, as far as call frame information uses them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace mlockscope::symbols {

/// By DWARF's number of the register; what is not known is empty. x86-64 has 17 of interest,
/// arm64 32.
using Registers = std::array<std::optional<std::uint64_t>, 33>;

/// The copied piece of stack.
struct CopiedMemory {
  std::uint64_t start = 0;
  const std::vector<std::uint8_t>& bytes;

  /// The 8 bytes at an address, if all are in the copy.
  [[nodiscard]] std::optional<std::uint64_t> read(std::uint64_t address) const {
    std::uint64_t value = 0;
    const std::uint64_t at = address - start;
    if (at > bytes.size() || bytes.size() - at < sizeof(value)) return std::nullopt;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return value;
  }
};

/// What an expression is evaluated in.
struct FrameState {
  const Registers& registers;
  const CopiedMemory& memory;
  std::optional<std::uint64_t> cfa; ///< canonical frame address, once it is known
};

struct Location {
  std::uint64_t number = 0;
  bool is_value = false; ///< the number is the value itself, not the address of it
};

/// Nothing if it needs what is not known, or an operation that call frames do not have; at most
/// 256 operations are done. `operations` are Dwarf_Op of libdw.
[[nodiscard]] std::optional<Location> evaluate(const void* operations, std::size_t count,
                                               const FrameState& state);

} // namespace mlockscope::symbols
