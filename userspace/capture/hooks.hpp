// Where the probes hang, on this kernel and by this backend. A table of ways to see each thing, in
// order of preference; the first that the kernel offers is taken.
#pragma once

#include "capture/backend.hpp"
#include "capture/kernel_offers.hpp"

#include <probes_skel.h>

#include <string>
#include <vector>

namespace mlockscope::capture {

/// What a program is attached to.
enum class Kind {
  system_call,    ///< the tracepoint of one system call: syscalls/sys_enter_mlock
  tracepoint,     ///< a tracepoint with its arguments as BTF has them
  function_enter, ///< fentry
  function_exit,  ///< fexit
  kprobe,
  kretprobe,
};

/// When it is attached.
enum class Phase {
  lifetime, ///< first: what ends address spaces and follows children
  exit,     ///< then: an enter without its exit would look like a call that never ends
  enter,
  fault, ///< once something is locked
  swap,  ///< while an exposure is open
};

struct Hook {
  bpf_program* program = nullptr;
  Kind kind = Kind::tracepoint;
  std::string place; ///< tracepoint or function
  Phase phase = Phase::lifetime;
  std::uint64_t cookie = 0; ///< what the program is told where it serves several functions
};

/// All of them, and what could not be had.
struct Plan {
  Backend backend = Backend::tracepoint;
  std::vector<Hook> hooks;
  bool under_lock = false;   ///< mlock_fixup() is probed: order and effect are the kernel's own
  bool sees_32_bit = true;   ///< calls by the 32-bit ABI, if the kernel has one, are seen
  bool sees_swap = false;    ///< faults on the entries of pages in swap are told apart
  bool sees_present = false; ///< ... and those on pages that are there
  std::vector<std::string> missing_calls;  ///< system calls this kernel does not have
  std::vector<std::string> missing_events; ///< "faults", "swap", "writes to swap"
};

/// What is asked of a plan, besides the backend.
struct Wishes {
  bool cookies = true;   ///< the programs ask for those of their kprobes (5.15)
  bool all_calls = true; ///< calls by the 32-bit ABI, too, where that costs every call of the host
};

/// The error: what tracing cannot do without.
[[nodiscard]] util::Result<Plan> make_plan(const probes&, Backend, const KernelOffers&, Wishes);

} // namespace mlockscope::capture
