// The lock requests of one address space that are still live, byte by byte.
//
// A claim may be left in several pieces; it stays one claim. Each piece is an entry of one interval
// tree, so that the cost of a call follows what it meets and not how much is claimed elsewhere.
#pragma once

#include "model/finding.hpp"
#include "model/interval_tree.hpp"

namespace mlockscope::model {

struct Claim {
  ByteRange request; ///< as the caller asked
  Address head = 0;  ///< where the first byte of the request would lie now
  Time locked_at = 0;
  std::uint64_t age = 0; ///< greater is newer; unique
  StackId stack{};
  std::uint32_t tid = 0;
  std::uint32_t pieces = 0;
  Call call{};
};

/// Bytes that a claim has lost.
struct Loss {
  ByteRange bytes;
  std::uint32_t claim = 0; ///< its number; for comparison only, for the claim may be gone
};

class Claims {
public:
  using Number = std::uint32_t;

  void add(ByteRange request, Call, std::uint32_t tid, Time, StackId = StackId::none);
  /// Ends the newest claim whose bytes are exactly `range`; nothing if there is none.
  std::optional<Number> release_exactly(ByteRange range);
  /// Takes `range` away from every claim; what each lost is appended to `losses`.
  void cut(ByteRange range, std::vector<Loss>& losses);
  /// The bytes in `range` now lie `distance` further (modulo 2^64). No claim may hold bytes there.
  void move(ByteRange range, Address distance);
  void clear();

  /// visit(range, take(piece)): as IntervalTree::visit; `owner` is the number of the claim.
  template <class Take> void visit(ByteRange range, Take&& take) const { tree_.visit(range, take); }
  [[nodiscard]] bool meet(ByteRange range) const { return tree_.meets(range); }
  [[nodiscard]] const Claim& operator[](Number claim) const { return claims_[claim]; }
  /// Where the claim's first bytes lie; nothing if mremap has not moved them.
  [[nodiscard]] std::optional<ByteRange> moved_to(Number claim) const;
  /// Goes up with every change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] std::size_t size() const { return claims_.size(); }
  /// Of all claims together; what two of them claim counts twice.
  [[nodiscard]] std::uint64_t bytes() const { return tree_.bytes(); }
  [[nodiscard]] bool empty() const { return claims_.size() == 0; }

private:
  void take_out(ByteRange range);
  void insert_merged(Piece);

  Pool<Claim> claims_;
  IntervalTree tree_;
  std::uint64_t next_age_ = 0;
  std::uint64_t version_ = 0;
  std::vector<Piece> found_; ///< scratch, kept for its memory
};

} // namespace mlockscope::model
