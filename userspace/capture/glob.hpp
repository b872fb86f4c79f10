// Process name globs for the kernel: `*`, `?` and `[a-z]` as a bit-parallel automaton.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlockscope::capture {

/// Layout of `struct glob` in bpf/filter.bpf.h. Bit i: the first i pattern items are matched.
struct Glob {
  std::uint32_t used = 0;
  std::uint32_t star = 0;
  std::uint32_t final = 0;
  std::array<std::uint32_t, 256> accept{};
};

/// Longest pattern in items (characters, classes and stars): the automaton has 32 bits.
inline constexpr std::size_t max_glob_items = 30;

/// Nothing if the pattern is empty, too long, or has an unclosed class.
[[nodiscard]] std::optional<Glob> compile_glob(std::string_view pattern);

/// What the kernel does with it; for tests and for filtering in user space.
[[nodiscard]] bool matches(const Glob&, std::string_view text);

} // namespace mlockscope::capture
