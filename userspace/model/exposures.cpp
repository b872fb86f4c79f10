#include "model/exposures.hpp"

#include <map>

namespace mlockscope::model {
namespace {

constexpr ByteRange everywhere{0, UINT64_MAX};

} // namespace

void Exposures::open(const Opening& opening, const std::vector<ByteRange>& ranges) {
  ++version_;
  Record record;
  record.opening = opening;
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

std::vector<Exposures::Swapped> Exposures::note_swap(const std::vector<PageRange>& pages,
                                                     Time time) {
  std::map<std::uint32_t, std::vector<ByteRange>> found;
  for (const PageRange& range : pages)
    tree_.visit(bytes_of(range), [&](const Piece& piece) {
      const Record& record = records_[piece.owner];
      if (!record.seen_in_swap && record.opening.call.time <= time)
        found[piece.owner].push_back(piece.bytes.intersect(bytes_of(range)));
      return true;
    });
  std::vector<Swapped> all;
  for (auto& [number, ranges] : found) {
    records_[number].seen_in_swap = true;
    all.push_back({records_[number].opening, merged(std::move(ranges))});
  }
  std::sort(all.begin(), all.end(), [](const Swapped& a, const Swapped& b) {
    return a.opening.finding < b.opening.finding;
  });
  return all;
}

bool Exposures::seen_in_swap(ByteRange range) const {
  return !tree_.visit(range,
                      [this](const Piece& piece) { return !records_[piece.owner].seen_in_swap; });
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
  if (!tree_.empty()) ++version_;
  records_.clear();
  tree_.clear();
}

} // namespace mlockscope::model
