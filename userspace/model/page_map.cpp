#include "model/page_map.hpp"

#include <cstddef>
#include <iterator>

namespace mlockscope::model {
namespace {

std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

} // namespace

/// The last chunk that begins before `at`, or the first one. There must be one.
std::size_t PageMap::chunk_for(Address at) const {
  const auto begins_before = [at](const Chunk& each) { return each.front().pages.start < at; };
  // A call asks several times for one place.
  if (recent_ < chunks_.size() && begins_before(chunks_[recent_]) &&
      at <= chunks_[recent_].back().pages.end)
    return recent_;
  const auto after = std::partition_point(chunks_.begin(), chunks_.end(), begins_before);
  recent_ = after == chunks_.begin() ? 0 : static_cast<std::size_t>(after - chunks_.begin()) - 1;
  return recent_;
}

PageMap::Place PageMap::first_ending_at_or_after(Address at) const {
  if (chunks_.empty()) return {};
  const std::size_t number = chunk_for(at);
  const Chunk& chunk = chunks_[number];
  const auto found = std::partition_point(chunk.begin(), chunk.end(),
                                          [at](const Entry& each) { return each.pages.end < at; });
  if (found == chunk.end() && number + 1 < chunks_.size()) return {number + 1, 0};
  return {number, static_cast<std::size_t>(found - chunk.begin())};
}

void PageMap::keep(const Entry& entry) {
  if (entry.state == PageState{}) return;
  if (!fresh_.empty() && fresh_.back().pages.end == entry.pages.start &&
      fresh_.back().state == entry.state)
    fresh_.back().pages.end = entry.pages.end;
  else
    fresh_.push_back(entry);
}

/// Puts fresh_ in the place of the entries in [from, to).
void PageMap::put(Place from, Place to) {
  if (chunks_.empty()) {
    if (fresh_.empty()) return;
    chunks_.emplace_back();
  }
  if (from.chunk != to.chunk) {
    put_across(from, to);
    return;
  }
  Chunk& chunk = chunks_[from.chunk];
  const std::size_t old_size = to.index - from.index;
  const std::size_t common = std::min(old_size, fresh_.size());
  const auto at = chunk.begin() + offset(from.index);
  std::copy_n(fresh_.begin(), common, at);
  if (old_size > common)
    chunk.erase(at + offset(common), at + offset(old_size));
  else if (fresh_.size() > common)
    chunk.insert(at + offset(common), fresh_.begin() + offset(common), fresh_.end());
  if (chunk.empty())
    chunks_.erase(chunks_.begin() + offset(from.chunk));
  else
    cut_to_size(from.chunk);
}

void PageMap::put_across(Place from, Place to) {
  Chunk& last = chunks_[to.chunk];
  last.erase(last.begin(), last.begin() + offset(to.index));
  Chunk& first = chunks_[from.chunk];
  first.erase(first.begin() + offset(from.index), first.end());
  first.insert(first.end(), fresh_.begin(), fresh_.end());
  const bool first_empty = first.empty();
  const std::size_t gone_from = first_empty ? from.chunk : from.chunk + 1;
  const std::size_t gone_to = last.empty() ? to.chunk + 1 : to.chunk;
  chunks_.erase(chunks_.begin() + offset(gone_from), chunks_.begin() + offset(gone_to));
  if (!first_empty) cut_to_size(from.chunk);
}

/// Splits a chunk that has grown too big. The last chunk keeps all it can, for pages are often
/// locked in ascending order; any other one is left half full.
void PageMap::cut_to_size(std::size_t chunk) {
  if (chunks_[chunk].size() <= max_chunk) return;
  const Chunk all = std::move(chunks_[chunk]);
  const std::size_t step = chunk + 1 == chunks_.size() ? max_chunk : max_chunk / 2 + 1;
  std::vector<Chunk> cut;
  for (std::size_t at = 0; at < all.size(); at += step)
    cut.emplace_back(all.begin() + offset(at),
                     all.begin() + offset(std::min(at + step, all.size())));
  chunks_[chunk] = std::move(cut.front());
  chunks_.insert(chunks_.begin() + offset(chunk) + 1, std::make_move_iterator(cut.begin() + 1),
                 std::make_move_iterator(cut.end()));
}

PageState PageMap::at(Address address) const {
  PageState found;
  visit({address, address + 1}, [&](PageRange, const PageState& state) { found = state; });
  return found;
}

bool PageMap::any_locked(PageRange range) const {
  bool found = false;
  visit(range, [&](PageRange, const PageState& state) { found = found || state.locked; });
  return found;
}

std::vector<PageRange> PageMap::locked() const {
  std::vector<PageRange> all;
  for (const Chunk& chunk : chunks_)
    for (const Entry& each : chunk) {
      if (!each.state.locked) continue;
      if (!all.empty() && all.back().end == each.pages.start)
        all.back().end = each.pages.end;
      else
        all.push_back(each.pages);
    }
  return all;
}

} // namespace mlockscope::model
