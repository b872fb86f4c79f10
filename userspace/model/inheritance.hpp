// Copies of claimed bytes in forked children. A child has the bytes of its parent's locked pages
// and none of the locks (kernel/fork.c, dup_mmap); what it has then, it may unmap, lock, or give up
// by exec or exit. What is left when its grace time is over is a finding.
#pragma once

#include "model/finding.hpp"

#include <memory>
#include <set>

namespace mlockscope::model {

class Ledger;

/// The claimed bytes of an address space that were locked at one moment. Shared by all children
/// that are forked before a claim or an exposure changes: a server forks often.
struct Estate {
  struct Item {
    ByteRange bytes;
    std::uint64_t age = 0; ///< of the claim; no two of one address space have the same
    bool verified = false; ///< the kernel said that their pages were locked
    Victim claim;
  };
  /// Larger ones are cut: one finding lists Inheritance::claims_listed claims anyway.
  static constexpr std::size_t most_items = 65536;

  SpaceId owner{};
  std::vector<Item> items; ///< by address
};

/// The estate of this address space now; nothing if it has no locked claim.
[[nodiscard]] std::shared_ptr<const Estate> estate_of(const Ledger&);

/// What one child has got and not lost again.
class Inherited {
public:
  /// A part of it, from one address space.
  struct Share {
    std::shared_ptr<const Estate> estate;
    std::vector<PageRange> gone; ///< unmapped, mapped over or moved since, in any order
  };

  explicit Inherited(const ForkEvent& fork) : fork_(fork) {}

  void add(Share share) { shares_.push_back(std::move(share)); }
  [[nodiscard]] const std::vector<Share>& shares() const { return shares_; }
  [[nodiscard]] bool empty() const { return shares_.empty(); }
  [[nodiscard]] Time since() const { return fork_.time; }
  /// The child has no copy there any more.
  void lose(PageRange range);

  bool due = false; ///< its grace time is over: the next list of its mappings decides

  /// The finding, without a number, given what the child has at `snapshot`; nothing if that is
  /// nothing. `ended(space)` tells whether an address space is gone.
  template <class Ended>
  [[nodiscard]] std::optional<Finding> conclude(const SnapshotEvent& snapshot, PageSize page,
                                                Ended&& ended) const {
    Draft draft(fork_);
    for (const Share& share : shares_)
      collect(share, snapshot, page, ended(share.estate->owner), draft);
    return std::move(draft).finding();
  }

private:
  /// A finding as it comes together.
  struct Draft {
    explicit Draft(const ForkEvent&);
    void add(SpaceId owner, const Estate::Item&, ByteRange bytes);
    [[nodiscard]] std::optional<Finding> finding() &&;

    Finding result;
    std::set<std::pair<SpaceId, std::uint64_t>> known;           ///< claims, by owner and age
    std::vector<std::pair<Address, const Estate::Item*>> claims; ///< by the first byte of each
    bool verified = true;
    bool all_owners_ended = true;
  };
  static void collect(const Share&, const SnapshotEvent&, PageSize, bool owner_ended, Draft&);

  ForkEvent fork_;
  std::vector<Share> shares_;
};

} // namespace mlockscope::model
