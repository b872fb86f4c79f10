// The exposures of one address space that are open: bytes of live claims on unlocked pages.
#pragma once

#include "model/finding.hpp"
#include "model/interval_tree.hpp"
#include "model/lock_alls.hpp"

namespace mlockscope::model {

class Exposures {
public:
  /// Who exposed what, when.
  struct Opening {
    FindingId finding{};
    std::optional<std::uint32_t> claim; ///< nothing: lock-all, or a claim that is forgotten
    std::optional<LockAlls::Made> lock_all;
    CallSite call; ///< that unlocked them
  };

  /// Bytes of one exposure that are in swap.
  struct Swapped {
    Opening opening;
    std::vector<ByteRange> ranges;
  };

  /// `ranges` are ascending and disjoint and not empty. No byte of a claim is exposed twice.
  void open(const Opening&, const std::vector<ByteRange>& ranges);
  /// Takes `range` away from all exposures. `closed(opening, bytes as opened)` is called for every
  /// one that has nothing left.
  template <class OnClosed> void cut(ByteRange range, OnClosed&& closed) {
    cut_if(
        range, [](const Opening&) { return true; }, closed);
  }
  /// The same for those of one claim.
  template <class OnClosed> void cut_of(std::uint32_t claim, ByteRange range, OnClosed&& closed) {
    cut_if(
        range, [claim](const Opening& each) { return each.claim == claim; }, closed);
  }
  /// Closes all, in the order of their findings.
  template <class OnClosed> void close_all(OnClosed&& closed) {
    for (const std::uint32_t number : by_finding())
      closed(records_[number].opening, records_[number].bytes);
    clear();
  }
  /// The bytes in `range` now lie `distance` further (modulo 2^64).
  void move(ByteRange range, Address distance);
  /// The claims are no longer known; what is open stays open.
  void forget_claims();
  /// The exposures with bytes on these pages, open at that time, that no page of was seen in swap
  /// before; from here on they count as seen.
  std::vector<Swapped> note_swap(const std::vector<PageRange>& pages, Time);
  /// Was a page of an exposure here seen in swap?
  [[nodiscard]] bool seen_in_swap(ByteRange) const;
  /// take(bytes) for every piece of which nothing was seen in swap, ascending.
  template <class Take> void visit_unseen(Take&& take) const {
    tree_.visit({0, UINT64_MAX}, [&](const Piece& piece) {
      if (!records_[piece.owner].seen_in_swap) take(piece.bytes);
      return true;
    });
  }
  [[nodiscard]] bool meet(ByteRange range) const { return tree_.meets(range); }
  /// Goes up with every change.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] bool empty() const { return tree_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  /// That are exposed now, of all exposures together.
  [[nodiscard]] std::uint64_t bytes() const { return tree_.bytes(); }

private:
  struct Record {
    Opening opening;
    std::uint64_t bytes = 0;
    std::uint32_t pieces = 0;
    bool seen_in_swap = false;
  };

  template <class Which, class OnClosed>
  void cut_if(ByteRange range, Which&& which, OnClosed&& closed) {
    if (tree_.empty()) return;
    take_out(range, which);
    for (const Piece& piece : found_) {
      const Record record = records_[piece.owner];
      if (record.pieces != 0) continue;
      records_[piece.owner].pieces = UINT32_MAX; // pieces of one exposure may be found twice
      records_.remove(piece.owner);
      closed(record.opening, record.bytes);
    }
  }
  template <class Which> void take_out(ByteRange range, Which&& which) {
    found_.clear();
    tree_.visit(range, [&](const Piece& piece) {
      if (which(records_[piece.owner].opening)) found_.push_back(piece);
      return true;
    });
    if (!found_.empty()) ++version_;
    for (Piece& piece : found_) take_out_one(range, piece);
  }
  void take_out_one(ByteRange range, Piece& piece);
  [[nodiscard]] std::vector<std::uint32_t> by_finding() const;
  void clear();

  Pool<Record> records_;
  IntervalTree tree_;
  std::uint64_t version_ = 0;
  std::vector<Piece> found_; ///< scratch, kept for its memory
};

} // namespace mlockscope::model
