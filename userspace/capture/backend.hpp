// The ways to see a system call.
#pragma once

#include <array>
#include <string_view>

namespace mlockscope::capture {

enum class Backend {
  fentry,     ///< fentry and fexit on the functions of the calls and on mlock_fixup()
  kprobe,     ///< kprobes and kretprobes on the same
  tracepoint, ///< syscalls:sys_enter_*, sys_exit_*
};

/// In order of preference.
inline constexpr std::array<Backend, 3> all_backends{Backend::fentry, Backend::kprobe,
                                                     Backend::tracepoint};

/// The word of the interface.
[[nodiscard]] constexpr std::string_view name_of(Backend backend) {
  switch (backend) {
  case Backend::fentry:
    return "fentry";
  case Backend::kprobe:
    return "kprobe";
  case Backend::tracepoint:
    break;
  }
  return "tracepoint";
}

} // namespace mlockscope::capture
