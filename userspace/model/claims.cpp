#include "model/claims.hpp"

namespace mlockscope::model {

void Claims::add(ByteRange request, Call call, std::uint32_t tid, Time at, StackId stack) {
  assert(!request.empty());
  ++version_;
  Claim claim;
  claim.request = request;
  claim.head = request.start;
  claim.locked_at = at;
  claim.age = ++next_age_;
  claim.stack = stack;
  claim.tid = tid;
  claim.pieces = 1;
  claim.call = call;
  tree_.insert({request, claim.age, claims_.add(claim)});
}

std::optional<Claims::Number> Claims::release_exactly(ByteRange range) {
  const auto found =
      tree_.newest_equal(range, [this](Number claim) { return claims_[claim].pieces == 1; });
  if (!found) return std::nullopt;
  ++version_;
  tree_.erase(*found);
  claims_.remove(found->owner);
  return found->owner;
}

/// Takes the bytes in `range` out of the tree and leaves them in found_. A claim may be left with
/// no piece.
void Claims::take_out(ByteRange range) {
  found_.clear();
  tree_.visit(range, [this](const Piece& piece) {
    found_.push_back(piece);
    return true;
  });
  if (!found_.empty()) ++version_;
  for (Piece& piece : found_) {
    tree_.erase(piece);
    Claim& claim = claims_[piece.owner];
    --claim.pieces;
    for (const ByteRange rest :
         {ByteRange{piece.bytes.start, range.start}, ByteRange{range.end, piece.bytes.end}}) {
      if (rest.empty()) continue;
      tree_.insert({rest, piece.age, piece.owner});
      ++claim.pieces;
    }
    piece.bytes = piece.bytes.intersect(range);
  }
}

void Claims::cut(ByteRange range, std::vector<Loss>& losses) {
  take_out(range);
  for (const Piece& piece : found_) losses.push_back({piece.bytes, piece.owner});
  // A claim may have lost several pieces; it is freed at the last of them.
  for (const Piece& piece : found_)
    if (Claim& claim = claims_[piece.owner]; claim.pieces == 0) {
      claim.pieces = UINT32_MAX;
      claims_.remove(piece.owner);
    }
}

/// Pieces of one claim that touch become one: a claim equals a request if its bytes do.
void Claims::insert_merged(Piece piece) {
  Claim& claim = claims_[piece.owner];
  if (claim.pieces != 0) {
    const ByteRange around{piece.bytes.start == 0 ? 0 : piece.bytes.start - 1, piece.bytes.end + 1};
    std::vector<Piece> touching;
    tree_.visit(around, [&](const Piece& near) {
      if (near.owner == piece.owner) touching.push_back(near);
      return true;
    });
    for (const Piece& near : touching) {
      tree_.erase(near);
      --claim.pieces;
      piece.bytes.start = std::min(piece.bytes.start, near.bytes.start);
      piece.bytes.end = std::max(piece.bytes.end, near.bytes.end);
    }
  }
  tree_.insert(piece);
  ++claim.pieces;
}

void Claims::move(ByteRange range, Address distance) {
  take_out(range);
  const std::vector<Piece> moved(found_.begin(), found_.end());
  std::vector<Number> owners;
  for (const Piece& piece : moved) owners.push_back(piece.owner);
  std::sort(owners.begin(), owners.end());
  owners.erase(std::unique(owners.begin(), owners.end()), owners.end());
  for (const Number owner : owners) {
    Claim& claim = claims_[owner];
    if (claim.pieces == 0 || range.contains(claim.head)) claim.head += distance;
  }
  for (Piece piece : moved) {
    piece.bytes = {piece.bytes.start + distance, piece.bytes.end + distance};
    insert_merged(piece);
  }
}

std::optional<ByteRange> Claims::moved_to(Number number) const {
  const Claim& claim = claims_[number];
  if (claim.head == claim.request.start) return std::nullopt;
  std::optional<ByteRange> first;
  tree_.visit({claim.head, claim.head + claim.request.size()}, [&](const Piece& piece) {
    if (piece.owner == number) first = piece.bytes;
    return !first;
  });
  return first;
}

void Claims::clear() {
  ++version_;
  claims_.clear();
  tree_.clear();
}

} // namespace mlockscope::model
