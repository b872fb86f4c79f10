// The live source: loads and attaches the probes, gives out their records as bytes.
#pragma once

#include "capture/backend.hpp"
#include "capture/filters.hpp"
#include "util/fd.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace mlockscope::capture {

class KernelOffers;
class Tracefs;

/// User stacks of lock calls.
enum class Stacks : std::uint32_t {
  off,       ///< none
  automatic, ///< at bounded cost: what is known of a path from last time is not walked again
  on,        ///< each is walked
};

/// A mapping, as somebody else than the probes found it.
struct Listed {
  std::uint64_t start = 0, end = 0;
  bool locked = false, special = false, grows_down = false, shared = false, wiped = false;
};
/// Lists those of a process, ascending.
using Lister = std::function<util::Result<std::vector<Listed>>(std::uint32_t pid)>;

struct TracerOptions {
  std::uint64_t page_size = 4096;
  std::size_t ring_bytes = 8u << 20; ///< a power of two and a multiple of the page size
  std::uint32_t simulate_loss = 0;   ///< drop every Nth record; 0: none
  bool faults = false;               ///< the fault probes are attached from the start
  /// Calls by the 32-bit ABI are to be seen even if that costs every system call of the host.
  bool all_calls = false;
  bool all_mappings = false; ///< address spaces are followed from their first mapping, not lock
  Stacks stacks = Stacks::off;
  std::optional<Backend> backend; ///< nothing: the best that this kernel has
  bool plain = false;   ///< the probes as for a kernel like 5.10, which have to do without a lot
  Lister lister;        ///< for kernels whose probes cannot list mappings (before 5.12)
  bool verbose = false; ///< libbpf's own lines go to stderr
  Filters filters;      ///< with a family, no stack is too much: nothing about them is limited
  bool stack_copies = true;            ///< with the bytes of the stack, when one is first told
  std::uint32_t stack_slots = 16384;   ///< numbers of stacks remembered as told; a power of two
  std::uint32_t copies_per_place = 64; ///< without a family; 0: no limit. A place: two addresses
  std::uint64_t walks_per_second =
      10000; ///< on each CPU, if automatic and without a family; 0: no limit
};

/// What the probes counted. All since the start.
struct Counters {
  std::uint64_t lost = 0;           ///< no room in the ring
  std::uint64_t lifetimes_lost = 0; ///< of these, forks and ends of address spaces
  std::uint64_t faults_lost = 0;    ///< ... faults and swap traffic: no model is wrong for it
  std::uint64_t spaces_refused = 0; ///< no room to follow an address space, a call or a process
  // Of stacks: no events, and no model is wrong for it.
  std::uint64_t stacks_lost = 0;     ///< no room in the ring: a call has none
  std::uint64_t stacks_recycled = 0; ///< no longer remembered as told; told again if seen again
  std::uint64_t stacks_skipped = 0;  ///< calls whose stack has two addresses at most, for the cost
  /// No room in the ring for a mapping of code. It is told with a later stack; this one may lack
  /// names if /proc is not there any more.
  std::uint64_t code_lost = 0;
};

/// What helps where calls by the 32-bit ABI go unseen; empty if nothing does.
#if defined(__x86_64__)
inline constexpr const char* way_to_32_bit =
    ", except in run, or with --all-calls: every system call of the host then takes 0.1 us more";
#else
inline constexpr const char* way_to_32_bit = "";
#endif

/// What the reader does after a drain that found nothing.
enum class Pause : std::uint32_t {
  none = 0,  ///< looks again at once
  doze = 1,  ///< looks again within some milliseconds; woken only if much piles up
  sleep = 2, ///< woken by the next record
};

class Tracer {
public:
  using Record = std::span<const std::byte>;

  /// Loads, attaches and begins. The error is one line for the user, with a hint.
  static util::Result<std::unique_ptr<Tracer>> start(const TracerOptions&);
  ~Tracer();
  Tracer(const Tracer&) = delete;

  /// For epoll, edge-triggered: the probes report here only when the reader has to wake.
  [[nodiscard]] int ring_fd() const;
  /// Producers may be as fast as the reader, and others want to be heard, too.
  static constexpr std::size_t most_at_once = 65536;
  /// Hands out the records that wait, up to most_at_once, and returns their number. `next` is what
  /// the reader does when this returns 0: the probes wake it accordingly.
  std::size_t drain(const std::function<void(Record)>&, Pause next);
  /// A record is there, or is being written. To be asked before a sleep: the probe that writes it
  /// may not have seen that the reader wants to be woken.
  [[nodiscard]] bool record_underway() const;

  /// The kernel's list of mappings (wire_mapping records) of one followed process or of all, or,
  /// with `adopt_all`, of every process that has locked memory: these are followed from here on.
  [[nodiscard]] util::Result<std::vector<std::byte>> mappings(std::optional<std::uint32_t> pid);
  [[nodiscard]] util::Result<std::vector<std::byte>> adopt_all();

  /// The processes that the filters take in now. For --follow: their descendants follow from here
  /// on by themselves; those that exist already are told by follow().
  [[nodiscard]] util::Result<std::vector<std::uint32_t>> matching();
  void follow(const std::vector<std::uint32_t>& pids);

  /// A stack is to be told once more when it is seen again: whoever was told has not kept it.
  void tell_again(std::uint64_t stack);

  /// Nothing but lock calls need be sent of this address space as long as only `calls` calls have
  /// begun in it.
  void set_idle(std::uint64_t space, std::uint64_t calls);

  /// While an exposure is open, swap traffic is told of, and faults near locked pages, too. (Those
  /// on locked pages always are, see watch_faults().)
  void set_exposing(std::uint64_t space, bool exposing);
  /// Swap traffic is told of once, until somebody has looked.
  void looked_at_swap(std::uint64_t space);
  /// Attaches the fault probes, if TracerOptions::faults has not. Returns at once; the kernel takes
  /// its time.
  void watch_faults();
  /// Attaches or detaches the probe for swap traffic, likewise.
  void watch_swap(bool on);
  [[nodiscard]] bool swap_watched() const;
  /// A fault is told of when it is over, and that is known only from what comes next: this is for
  /// the last ones, at the end.
  [[nodiscard]] util::Status tell_last_faults();

  /// No call that begins from here on is traced; what was sent before can still be drained. The
  /// probes are detached by the destructor: that takes the kernel more than a second.
  void mute(bool muted = true);

  /// An address space that is followed at this moment.
  struct Live {
    std::uint32_t pid = 0;
    std::uint64_t lost = 0; ///< its events that could not be sent
  };
  [[nodiscard]] std::unordered_map<std::uint64_t, Live> live_spaces() const;

  [[nodiscard]] Counters counters() const;
  /// Bytes of the ring that wait to be read, and all it has.
  [[nodiscard]] std::uint64_t ring_used() const;
  [[nodiscard]] std::uint64_t ring_size() const;
  /// The programs that hang on a hook of the kernel's.
  struct ProbeCount {
    std::size_t attached = 0;
    std::size_t waiting = 0; ///< attached on demand, and not needed now
    std::size_t missing = 0; ///< system calls and events that this kernel does not show
  };
  [[nodiscard]] ProbeCount probes() const;
  /// System calls this kernel does not have.
  [[nodiscard]] std::vector<std::string> missing_calls() const;
  /// What else it does not show: "faults"; "swap", which is polled instead; "writes to swap",
  /// without which what a program had there is not known when it ends before anybody could look.
  [[nodiscard]] std::vector<std::string> missing_events() const;
  /// How the system calls are seen; name_of() is the word of interface `backend`.
  [[nodiscard]] Backend backend() const;
  /// VM_LOCKED can be read wherever a probe is (not in the plain build).
  [[nodiscard]] bool reads_mappings() const;
  /// Lock calls are seen under the kernel's own lock: their order is known.
  [[nodiscard]] bool under_lock() const;
  /// Calls by the 32-bit ABI are seen, or this kernel has none.
  [[nodiscard]] bool sees_32_bit() const;

private:
  class Impl;
  explicit Tracer(std::unique_ptr<Impl>);
  static util::Result<std::unique_ptr<Tracer>> start_by(Backend, const TracerOptions&,
                                                        const KernelOffers&, const Tracefs&);
  std::unique_ptr<Impl> impl_;
};

} // namespace mlockscope::capture
