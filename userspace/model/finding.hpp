// What the correlator concludes. Words as in the project's semantics; the reports print them.
#pragma once

#include "model/event.hpp"

#include <map>

namespace mlockscope::model {

enum class Kind : std::uint8_t {
  spill,
  self_spill,
  nested,
  stacked,
  lockall_hole,
  lock_failed,
  fork,
  swapped
};
/// All of them, in the order in which they are listed.
inline constexpr std::array kinds{Kind::spill,   Kind::self_spill,   Kind::nested,
                                  Kind::stacked, Kind::lockall_hole, Kind::lock_failed,
                                  Kind::fork,    Kind::swapped};
/// Whether a finding of this kind opens an exposure. The bytes of a `swapped` one lie open by an
/// earlier finding, those of `fork` are in a child.
[[nodiscard]] constexpr bool opens_exposure(Kind kind) {
  return kind != Kind::lock_failed && kind != Kind::fork && kind != Kind::swapped;
}
enum class Severity : std::uint8_t { low, medium, high, critical };
enum class Confidence : std::uint8_t { possible, modelled, verified };
enum class Closed : std::uint8_t { relocked, released, unmapped, unlocked_all, ended, open };

/// A finding's number, unique in one run, counted from 1.
enum class FindingId : std::uint64_t {};

/// The call a finding is about.
struct CallSite {
  Call call{};
  Caller caller;
  Time time = 0; ///< when it returned
  Address addr = 0;
  std::uint64_t len = 0;
  std::uint64_t flags = 0;
  std::int64_t ret = 0;
  std::optional<PageRange> applied; ///< nothing for calls without a range, or refused outright
  StackId stack{};
};

/// The earlier lock whose bytes were exposed.
struct Victim {
  std::optional<ByteRange> request; ///< as it was requested; unknown for lock-all and old locks
  std::optional<ByteRange> now;     ///< where its first bytes lie now, if mremap moved it
  std::optional<Call> call;
  std::optional<Time> locked_at;
  std::optional<std::uint32_t> tid;
  StackId stack{}; ///< of that lock
  bool operator==(const Victim&) const = default;
};

/// Claimed bytes that a child got a copy of, without their locks.
struct Inheritance {
  std::uint32_t child_pid = 0;
  /// The address space that had locked them is gone: nobody has them locked any more.
  bool owner_ended = false;
  std::vector<Victim> claims; ///< whose bytes they are, by address; at most claims_listed of them
  std::uint64_t claims_in_all = 0;
  static constexpr std::size_t claims_listed = 64;
};

struct Finding {
  FindingId id{};
  Kind kind{};
  Severity severity{};
  Confidence confidence{};
  SpaceId space{};
  CallSite call;
  std::optional<Victim> victim;   ///< nothing for lock-failed
  std::vector<ByteRange> exposed; ///< ascending, disjoint
  std::uint64_t exposed_bytes = 0;
  /// lock-failed: how many equal failures there had been when it was given. It is held back for
  /// that up to a second, or until the address space or the tracing ends; later ones are counted
  /// only in Totals::lock_failures.
  std::uint64_t count = 1;
  std::optional<LockFailure> failure;
  /// lock-failed by mlock, mlock2: the kernel's word on the range after the first of the failures.
  /// A part that is not mapped counts as not locked.
  KernelWord::Locked locked_after = KernelWord::Locked::unknown;
  /// swapped: the finding that opened the exposure. `call` and `victim` are those of that finding.
  std::optional<FindingId> opener{};
  /// swapped: when the page was seen; `call.time` is when it was unlocked.
  std::optional<Time> seen_in_swap{};
  /// fork: `call` is the parent's fork, which returned the child's pid; `victim` is the first of
  /// the claims and `exposed` are the bytes in the child.
  std::optional<Inheritance> inherited{};
};

/// The end of an exposure (or of the tracing, `open`).
struct Exposure {
  FindingId finding{};
  SpaceId space{};
  std::uint32_t pid = 0;
  Comm comm{};
  Closed closed{};
  Time opened = 0;
  Time ended = 0;
  std::uint64_t bytes = 0; ///< as opened
};

/// A call as the correlator read it.
struct CallReading {
  std::optional<ByteRange> requested; ///< nothing if the request wraps or has no range
  std::optional<PageRange> applied;
  std::uint64_t rounding_bytes = 0; ///< bytes of applied that are not in requested
  KernelWord::Locked before = KernelWord::Locked::unknown;
  KernelWord::Locked after = KernelWord::Locked::unknown;
};

/// What a page fault fell into.
struct FaultReading {
  enum class Where : std::uint8_t { locked, exposed };
  enum class Cause : std::uint8_t {
    unknown,
    first_touch,   ///< of a page that was locked before it was there: MLOCK_ONFAULT
    copy_on_write, ///< of a page shared with a child of fork
    swap_in,
  };
  Where where{};
  Cause cause{};
  std::optional<ByteRange> requested; ///< of the newest claim on that page
  std::optional<PageRange> applied;   ///< the pages of that claim
};

struct FaultCounts {
  std::uint64_t minor = 0;
  std::uint64_t major = 0;
};

/// Totals since the start. Counters never go backwards.
struct Totals {
  std::uint64_t events = 0;
  std::uint64_t lost = 0;         ///< all that LostEvents were given out for
  std::uint64_t lost_in_ring = 0; ///< of these, those the ring buffer had no room for
  std::uint64_t divergences = 0;
  std::uint64_t unlocks_without_lock = 0;
  std::uint64_t lock_failures = 0;    ///< every refused lock request, however many a finding
  std::uint64_t claims_dropped = 0;   ///< not recorded because a limit was met
  std::uint64_t findings_dropped = 0; ///< beyond the bound on findings of one call
  std::map<Call, std::uint64_t> calls;
  std::map<Kind, std::uint64_t> findings; ///< without `possible` ones
  std::uint64_t possible = 0;
  std::uint64_t address_spaces = 0; ///< live
  std::uint64_t claims = 0;         ///< live
  std::uint64_t exposures = 0;      ///< open
  FaultCounts locked_faults;
  FaultCounts exposed_faults;
  std::uint64_t resynchronisations = 0; ///< kernel's lists taken in
  Time last_resynchronisation = 0;      ///< 0: none yet
};

/// What one live address space holds.
struct Holdings {
  SpaceId space{};
  Comm comm;                       ///< of the thread that was last seen in it
  bool complete = false;           ///< no list of the kernel's is waited for
  std::uint64_t claims = 0;        ///< live
  std::uint64_t claimed_bytes = 0; ///< where claims overlap, bytes count more than once
  std::uint64_t locked_bytes = 0;  ///< of mlockall only what the kernel's list has confirmed
  std::uint64_t exposures = 0;     ///< open
  std::uint64_t exposed_bytes = 0; ///< now, as claimed_bytes
};

} // namespace mlockscope::model
