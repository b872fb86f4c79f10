#include "model/interval_tree.hpp"

namespace mlockscope::model {
namespace {

/// The finisher of MurmurHash3: a bijection, so no two nodes share a priority.
std::uint32_t priority(std::uint32_t at) {
  at ^= at >> 16;
  at *= 0x85ebca6bu;
  at ^= at >> 13;
  at *= 0xc2b2ae35u;
  return at ^ (at >> 16);
}

bool before(const Piece& a, const Piece& b) {
  if (a.bytes.start != b.bytes.start) return a.bytes.start < b.bytes.start;
  if (a.bytes.end != b.bytes.end) return a.bytes.end < b.bytes.end;
  return a.age < b.age;
}

} // namespace

void IntervalTree::refresh(Node& node) const {
  node.max_end = node.piece.bytes.end;
  if (node.left != none) node.max_end = std::max(node.max_end, nodes_[node.left].max_end);
  if (node.right != none) node.max_end = std::max(node.max_end, nodes_[node.right].max_end);
}

void IntervalTree::split(Index at, const Piece& by, Index& less, Index& greater) {
  if (at == none) {
    less = greater = none;
    return;
  }
  Node& node = nodes_[at];
  if (before(node.piece, by)) {
    split(node.right, by, node.right, greater);
    less = at;
  } else {
    split(node.left, by, less, node.left);
    greater = at;
  }
  refresh(node);
}

IntervalTree::Index IntervalTree::merge(Index less, Index greater) {
  if (less == none) return greater;
  if (greater == none) return less;
  const bool less_on_top = priority(less) > priority(greater);
  Node& top = nodes_[less_on_top ? less : greater];
  if (less_on_top)
    top.right = merge(top.right, greater);
  else
    top.left = merge(less, top.left);
  refresh(top);
  return less_on_top ? less : greater;
}

void IntervalTree::insert(const Piece& piece) {
  assert(!piece.bytes.empty());
  bytes_ += piece.bytes.size();
  const Index fresh = nodes_.add({piece, piece.bytes.end, none, none});
  Index* link = &root_;
  while (*link != none && priority(*link) > priority(fresh)) {
    Node& above = nodes_[*link];
    above.max_end = std::max(above.max_end, piece.bytes.end);
    link = before(piece, above.piece) ? &above.left : &above.right;
  }
  const Index below = *link;
  *link = fresh;
  Node& node = nodes_[fresh];
  split(below, piece, node.left, node.right);
  refresh(node);
}

void IntervalTree::erase_below(Index& at, const Piece& piece) {
  assert(at != none);
  Node& node = nodes_[at];
  if (node.piece == piece) {
    const Index gone = at;
    at = merge(node.left, node.right);
    nodes_.remove(gone);
    return;
  }
  erase_below(before(piece, node.piece) ? node.left : node.right, piece);
  refresh(node);
}

void IntervalTree::erase(const Piece& piece) {
  bytes_ -= piece.bytes.size();
  erase_below(root_, piece);
}

void IntervalTree::clear() {
  nodes_.clear();
  root_ = none;
  bytes_ = 0;
}

} // namespace mlockscope::model
