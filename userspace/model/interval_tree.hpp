// Byte ranges that may overlap, found by the bytes they meet.
//
// A treap: a search tree by (start, end, age) whose shape follows pseudo-random priorities, and
// where every node knows the greatest end below it. Finding the k pieces that meet a range looks at
// O(log n + k) nodes. The priority of a node is a hash of its number in the pool, so the same
// events always give the same tree.
#pragma once

#include "model/memory.hpp"
#include "model/pool.hpp"

namespace mlockscope::model {

/// A range that belongs to something: a claim or an exposure. Never empty.
struct Piece {
  ByteRange bytes;
  std::uint64_t age = 0;   ///< orders pieces of equal range: greater is newer
  std::uint32_t owner = 0; ///< what it belongs to
  bool operator==(const Piece&) const = default;
};

class IntervalTree {
public:
  using Index = Pool<int>::Index;

  void insert(const Piece&);
  /// The piece must be there.
  void erase(const Piece&);
  void clear();
  [[nodiscard]] bool empty() const { return root_ == none; }
  /// Of all pieces together; where they overlap, bytes count more than once.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Calls `take(piece)` for every piece that meets `range`, ascending, until it returns false.
  /// The tree must not change meanwhile. Returns false if it was stopped.
  template <class Take> bool visit(ByteRange range, Take&& take) const {
    return range.empty() || visit_below(root_, range, take);
  }
  [[nodiscard]] bool meets(ByteRange range) const {
    return !visit(range, [](const Piece&) { return false; });
  }
  /// The newest piece equal to `range` that `accept(owner)` takes.
  template <class Accept>
  [[nodiscard]] std::optional<Piece> newest_equal(ByteRange range, Accept&& accept) const {
    return newest_below(root_, range, accept);
  }

private:
  static constexpr Index none = Pool<int>::none;
  struct Node {
    Piece piece;
    Address max_end = 0;
    Index left = none;
    Index right = none;
  };

  template <class Take> bool visit_below(Index at, ByteRange range, Take& take) const {
    if (at == none || nodes_[at].max_end <= range.start) return true;
    const Node& node = nodes_[at];
    if (!visit_below(node.left, range, take)) return false;
    if (node.piece.bytes.start >= range.end) return true;
    if (node.piece.bytes.end > range.start && !take(node.piece)) return false;
    return visit_below(node.right, range, take);
  }
  template <class Accept>
  std::optional<Piece> newest_below(Index at, ByteRange range, Accept& accept) const {
    while (at != none && nodes_[at].piece.bytes != range)
      at = nodes_[at].piece.bytes < range ? nodes_[at].right : nodes_[at].left;
    if (at == none) return std::nullopt;
    const Node& node = nodes_[at];
    if (auto newer = newest_below(node.right, range, accept)) return newer;
    if (accept(node.piece.owner)) return node.piece;
    return newest_below(node.left, range, accept);
  }
  void refresh(Node&) const;
  void split(Index at, const Piece& by, Index& less, Index& greater);
  Index merge(Index less, Index greater);
  void erase_below(Index& at, const Piece&);

  Pool<Node> nodes_;
  Index root_ = none;
  std::uint64_t bytes_ = 0;
};

} // namespace mlockscope::model
