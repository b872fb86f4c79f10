#include "model/exposures.hpp"

namespace mlockscope::model {
namespace {

constexpr ByteRange everywhere{0, UINT64_MAX};

} // namespace

void Exposures::open(const Opening& opening, const std::vector<ByteRange>& ranges) {
  Record record{opening, 0, 0};
  for (const ByteRange range : ranges) {
    record.bytes += range.size();
    ++record.pieces;
  }
  const std::uint32_t number = records_.add(record);
  for (const ByteRange range : ranges)
    tree_.insert({range, static_cast<std::uint64_t>(opening.finding), number});
}

void Exposures::take_out_one(ByteRange range, Piece& piece) {
  tree_.erase(piece);
  Record& record = records_[piece.owner];
  --record.pieces;
  for (const ByteRange rest :
       {ByteRange{piece.bytes.start, range.start}, ByteRange{range.end, piece.bytes.end}}) {
    if (rest.empty()) continue;
    tree_.insert({rest, piece.age, piece.owner});
    ++record.pieces;
  }
  piece.bytes = piece.bytes.intersect(range);
}

void Exposures::move(ByteRange range, Address distance) {
  if (tree_.empty()) return;
  take_out(range, [](const Opening&) { return true; });
  for (Piece piece : found_) {
    piece.bytes = {piece.bytes.start + distance, piece.bytes.end + distance};
    tree_.insert(piece);
    ++records_[piece.owner].pieces;
  }
}

std::vector<std::uint32_t> Exposures::by_finding() const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
  tree_.visit(everywhere, [&](const Piece& piece) {
    found.emplace_back(piece.age, piece.owner);
    return true;
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  std::vector<std::uint32_t> numbers;
  for (const auto& [finding, number] : found) numbers.push_back(number);
  return numbers;
}

void Exposures::forget_claims() {
  for (const std::uint32_t number : by_finding()) records_[number].opening.claim.reset();
}

void Exposures::clear() {
  records_.clear();
  tree_.clear();
}

} // namespace mlockscope::model
