#include "model/inheritance.hpp"

#include "model/ledger.hpp"

#include <algorithm>

namespace mlockscope::model {
namespace {

/// After this many separate losses, the child is taken to have lost all between them, too.
constexpr std::size_t most_gone = 1024;

/// take(part) for every part of `bytes` that `out`, merged, leaves; ascending.
template <class Take>
void visit_without(ByteRange bytes, const std::vector<ByteRange>& out, Take&& take) {
  auto each = std::upper_bound(out.begin(), out.end(), bytes.start,
                               [](Address at, const ByteRange& range) { return at < range.end; });
  Address at = bytes.start;
  for (; each != out.end() && each->start < bytes.end; ++each) {
    if (at < each->start) take(ByteRange{at, each->start});
    at = each->end;
  }
  if (at < bytes.end) take(ByteRange{at, bytes.end});
}

/// Mappings whose content a child has of its own, and which could be locked and is not.
bool holds_copies(const SnapshotEvent::Mapping& mapping) {
  return !mapping.locked && !mapping.special && !mapping.shared && !mapping.wiped_on_fork;
}

} // namespace

std::shared_ptr<const Estate> estate_of(const Ledger& ledger) {
  if (ledger.claims.empty()) return nullptr;
  auto estate = std::make_shared<Estate>();
  estate->owner = ledger.id;
  ledger.claims.visit(bytes_of(every_page), [&](const Piece& piece) {
    ledger.pages.visit(ledger.shared.page.around(piece.bytes),
                       [&](PageRange part, const PageState& state) {
                         if (!state.locked) return;
                         estate->items.push_back({bytes_of(part).intersect(piece.bytes), piece.age,
                                                  state.by_word, ledger.victim_of(piece.owner)});
                       });
    return estate->items.size() < Estate::most_items;
  });
  // A claim's pages may differ, and another claim begin among them.
  std::sort(estate->items.begin(), estate->items.end(),
            [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  return estate->items.empty() ? nullptr : estate;
}

void Inherited::lose(PageRange range) {
  if (range.empty()) return;
  for (Share& share : shares_) {
    if (share.gone.size() >= most_gone) {
      share.gone.front() = {std::min(share.gone.front().start, range.start),
                            std::max(share.gone.front().end, range.end)};
      continue;
    }
    share.gone.push_back(range);
  }
}

Inherited::Draft::Draft(const ForkEvent& fork) {
  result.kind = Kind::fork;
  result.space = fork.child; // the parent may be gone, and who it was with it
  result.call.call = Call::fork;
  result.call.caller = fork.caller;
  result.call.time = fork.time;
  result.call.ret = fork.child_pid;
  result.call.stack = fork.stack;
  result.inherited.emplace();
  result.inherited->child_pid = fork.child_pid;
}

void Inherited::Draft::add(SpaceId owner, const Estate::Item& item, ByteRange bytes) {
  result.exposed.push_back(bytes);
  verified = verified && item.verified;
  if (known.emplace(owner, item.age).second) claims.emplace_back(bytes.start, &item);
}

std::optional<Finding> Inherited::Draft::finding() && {
  if (result.exposed.empty()) return std::nullopt;
  result.exposed = merged(std::move(result.exposed));
  std::stable_sort(claims.begin(), claims.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [start, item] : claims)
    if (result.inherited->claims.size() < Inheritance::claims_listed)
      result.inherited->claims.push_back(item->claim);
  result.inherited->claims_in_all = claims.size();
  result.inherited->owner_ended = all_owners_ended;
  result.severity = all_owners_ended ? Severity::high : Severity::medium;
  result.confidence = verified ? Confidence::verified : Confidence::modelled;
  result.victim = result.inherited->claims.front();
  for (const ByteRange& range : result.exposed) result.exposed_bytes += range.size();
  return std::move(result);
}

/// Both lists are ascending, and claims may overlap: of the mappings, only those that end before an
/// item begins are done with.
void Inherited::collect(const Share& share, const SnapshotEvent& snapshot, PageSize page,
                        bool owner_ended, Draft& draft) {
  bool any = false;
  std::vector<ByteRange> gone;
  for (const PageRange& each : share.gone) gone.push_back(bytes_of(each));
  gone = merged(std::move(gone));
  auto from = snapshot.mappings.begin();
  for (const Estate::Item& item : share.estate->items) {
    while (from != snapshot.mappings.end() && from->pages.end <= item.bytes.start) ++from;
    for (auto mapping = from; mapping != snapshot.mappings.end(); ++mapping) {
      if (mapping->pages.start >= page.up(item.bytes.end)) break;
      if (!holds_copies(*mapping)) continue;
      const ByteRange there = item.bytes.intersect(bytes_of(mapping->pages));
      if (there.empty()) continue;
      visit_without(there, gone, [&](ByteRange part) {
        draft.add(share.estate->owner, item, part);
        any = true;
      });
    }
  }
  if (any && !owner_ended) draft.all_owners_ended = false;
}

} // namespace mlockscope::model
