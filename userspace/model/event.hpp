// What happened, as the correlator is told it. Built by decode/ from the kernel's wire records,
// by tests from text, and later by recordings; nothing here knows where it came from.
#pragma once

#include "model/memory.hpp"
#include "model/stack.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mlockscope::model {

/// Nanoseconds of CLOCK_MONOTONIC.
using Time = std::uint64_t;

/// One `mm` of the kernel. Given out once and never again, so neither PID reuse nor exec nor a
/// reused `mm_struct` can mix two address spaces up.
enum class SpaceId : std::uint64_t {};

/// A process name as the kernel keeps it (TASK_COMM_LEN, NUL padded). Hostile bytes: escape it.
struct Comm {
  std::array<char, 16> bytes{};
  [[nodiscard]] std::string_view view() const {
    const std::string_view all(bytes.data(), bytes.size());
    return all.substr(0, all.find('\0'));
  }
  bool operator==(const Comm&) const = default;
};

/// Who made a call. Ids are those of the initial PID namespace.
struct Caller {
  std::uint32_t pid = 0; ///< thread group id
  std::uint32_t tid = 0;
  std::uint32_t uid = 0;
  Comm comm;

  /// Of callers in a log that does not tell (include/linux/uidgid.h, INVALID_UID).
  static constexpr std::uint32_t unknown_uid = UINT32_MAX;
  [[nodiscard]] std::optional<std::uint32_t> known_uid() const {
    return uid == unknown_uid ? std::nullopt : std::optional(uid);
  }
};

enum class Call : std::uint8_t {
  mlock,
  mlock2,
  munlock,
  mlockall,
  munlockall,
  mmap,
  munmap,
  mremap,
  brk,
  shmat,
  shmdt,
  fork ///< in findings only: what a fork does comes as a ForkEvent
};

/// The kernel's own word on VM_LOCKED over a page range at one moment, read from its VMAs.
struct KernelWord {
  enum class Locked : std::uint8_t {
    unknown, ///< could not be read
    none,    ///< no page in the walked part is locked
    all,     ///< every page in the walked part is locked
    some,    ///< exactly `runs` are locked
  };
  Locked locked = Locked::unknown;
  /// How far the walk came, from the start of the range: up to its end, to the first unmapped
  /// page (`hole`), or to the bound on the number of VMAs. Beyond it nothing is known.
  PageRange walked;
  bool hole = false;           ///< the page at walked.end (inside the range) is not mapped
  bool grows_down = false;     ///< some VMA there is a stack that grows by itself
  std::vector<PageRange> runs; ///< only for `some`: ascending, disjoint, within `walked`

  [[nodiscard]] bool known() const { return locked != Locked::unknown; }
};

/// Evidence for a lock request that failed, as of that moment.
struct LockFailure {
  std::uint64_t limit_soft = 0; ///< RLIMIT_MEMLOCK, bytes; UINT64_MAX: unlimited
  std::uint64_t limit_hard = 0;
  std::uint64_t locked_bytes = 0; ///< `locked_vm` of the address space
  bool cap_ipc_lock = false;
  bool secret_memory = false; ///< the range is memfd_secret memory, locked from birth
  Address place = 0;          ///< user address the call came from; 0 if unknown
};

/// One finished system call of an address space, complete.
struct CallEvent {
  SpaceId space{};
  Call call{};
  Caller caller;
  Time enter = 0;
  Time exit = 0;
  /// Arguments as the system call names them; those a call does not have are 0.
  /// mlock mlock2 munlock munmap mmap mremap shmat shmdt brk: addr. mlockall has only flags.
  Address addr = 0;
  std::uint64_t len = 0;     ///< mremap: the old length
  std::uint64_t flags = 0;   ///< mlock2, mlockall, mmap, mremap, shmat
  std::uint64_t new_len = 0; ///< mremap
  Address new_addr = 0;      ///< mremap with MREMAP_FIXED or MREMAP_DONTUNMAP
  std::int64_t ret =
      0; ///< as the kernel returned it: -errno, or an address for mmap, mremap, brk, shmat
  /// brk: [break before the call, the same). shmat: the new mapping. shmdt: what was detached.
  /// Empty for shmdt if that could not be found out.
  /// mremap with MREMAP_DONTUNMAP: the VMA that held addr, as it was at entry. A failed mremap with
  /// MREMAP_FIXED: the pages of the old range. Otherwise empty.
  ByteRange extent;
  /// Lock calls: over the applied range at entry. Other calls: unknown.
  KernelWord before;
  /// At exit. Lock calls: over the applied range. mmap, shmat: over the new mapping; a failed
  /// MAP_FIXED: over the target. mremap: over the new range. brk: over what was added.
  KernelWord after;
  /// mremap with MREMAP_DONTUNMAP, and a failed one with MREMAP_FIXED: over `extent` at exit.
  KernelWord old_after;
  /// Another lock or mapping call of this address space was under way at some time between
  /// enter and exit, so the kernel's order of the two is not known.
  bool overlapped = false;
  /// The place of this call among those of its address space that held the kernel's own lock for
  /// locking or unlocking: 1, 2, 3, ..., and after the last 32-bit number 0 is left out. 0: it has
  /// none, or it is not known. For kernel_order.hpp, as is the next; nothing behind it needs them.
  std::uint32_t sequence = 0;
  /// Both words were read while the call held that lock, and no call without a `sequence` was under
  /// way beside it: in the order of the numbers it is as if nothing had been beside it.
  bool settled = false;
  /// Nothing was locked in this address space when it was first followed, and MCL_FUTURE was not
  /// in force: a model that begins here, with nothing lost, is complete.
  bool born_clean = false;
  /// How many events of this address space could not be sent before this one, in total.
  std::uint64_t lost = 0;
  std::optional<LockFailure> failure;
  /// The call as another platform would have taken it (model/what_if.hpp): the words are not the
  /// kernel's, and `applied` are the pages of a lock call, or nothing if the platform refused it.
  /// Else Linux's rules say which they are.
  bool imagined = false;
  std::optional<PageRange> applied{};
  StackId stack{}; ///< where it was made
};

/// `fork` without CLONE_VM by a process whose address space is traced.
struct ForkEvent {
  SpaceId parent{};
  SpaceId child{};
  Caller caller; ///< the forking thread
  std::uint32_t child_pid = 0;
  Time time = 0;
  std::uint64_t lost = 0; ///< as in CallEvent, of the parent: its last calls may have been lost
  StackId stack{};        ///< of the forking thread
};

/// The last user of an address space is gone (exit or exec), exit_mmap().
struct EndEvent {
  SpaceId space{};
  Time time = 0;
  std::uint64_t lost = 0; ///< as in CallEvent: the last calls may have been lost
};

/// The kernel's list of mappings of one address space, read while no traced call was under way.
struct SnapshotEvent {
  struct Mapping {
    PageRange pages;
    bool locked = false;
    bool special = false; ///< a kind that mlock skips silently: hugetlb, PFN map, vdso, DAX
    bool grows_down = false;
    bool shared = false;        ///< MAP_SHARED: a fork copies nothing
    bool wiped_on_fork = false; ///< MADV_WIPEONFORK
    bool operator==(const Mapping&) const = default;
  };
  SpaceId space{};
  std::uint32_t pid = 0;
  Comm comm;
  Time time = 0;
  /// Number of calls of this address space that had finished, sent or lost: the snapshot stands
  /// exactly between this call and the next.
  std::uint64_t calls_before = 0;
  std::uint64_t lost = 0;    ///< how many of these could not be sent
  bool locks_future = false; ///< mlockall(MCL_FUTURE) is in force
  std::vector<Mapping> mappings;
};

/// A page fault on a locked or exposed page of a traced address space, told when the kernel was
/// done with it. Faults that the kernel makes on behalf of mlock itself are not among them.
struct FaultEvent {
  SpaceId space{};
  Caller caller;
  Time time = 0;
  Address addr = 0;
  bool major = false;          ///< it had to wait for a disk (mm/memory.c, mm_account_fault)
  bool write = false;          ///< only if `present` is known
  std::optional<bool> present; ///< a page was there, and the access was not allowed
  bool from_swap = false;      ///< the page was read back from swap
};

/// Pages of open exposures that were seen in swap: bit 62 of their entries in pagemap.
struct SwapEvent {
  SpaceId space{};
  Time time = 0;                ///< every event up to it has been handed over before
  std::vector<PageRange> pages; ///< ascending, disjoint
  /// Seen by nobody: pages that were at these addresses when they were mapped were written to swap.
  /// They are still there unless mremap has moved something in this address space.
  bool inferred = false;
};

/// Events were lost.
struct LostEvent {
  std::uint64_t count = 0;
  Time time = 0;
  std::string cause;
  bool in_ring = false;  ///< there was no room for them in the ring buffer
  bool harmless = false; ///< faults and swap traffic: no model is in doubt
  /// If set, they were `count` finished calls of this address space, and no other is in doubt.
  /// Otherwise nobody knows whose they were.
  std::optional<SpaceId> space{};
};

/// Time passed: nothing that happened before `time` is still to come.
struct TickEvent {
  Time time = 0;
};

using Event = std::variant<CallEvent, ForkEvent, EndEvent, SnapshotEvent, FaultEvent, SwapEvent,
                           LostEvent, TickEvent>;

} // namespace mlockscope::model
