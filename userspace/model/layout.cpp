#include "model/layout.hpp"

namespace mlockscope::model {

Address Layout::Place::down(Address at, PageSize page) const {
  const Address offset = page.offset(at - origin);
  return std::max(offset > at ? 0 : at - offset, bounds.start);
}

Address Layout::Place::up(Address at, PageSize page) const {
  const Address rounded = at + page.offset(origin - at);
  return rounded < at ? bounds.end : std::min(rounded, bounds.end);
}

Layout::Place Layout::place(Address at) const {
  const auto [range, mapping] = mappings_.find(at);
  return {range, mapping.origin, mapping.number != 0};
}

void Layout::note_request(Address addr, PageSize wanted) {
  auto [range, mapping] = mappings_.find(addr);
  if (mapping.number == 0 || mapping.settled) return;
  mapping.settled = true;
  if (wanted.offset(addr) == 0 && wanted.offset(mapping.origin) != 0) mapping.origin = 0;
  mappings_.set(range, mapping);
}

void Layout::map(PageRange pages) { mappings_.set(pages, made_at(pages.start)); }

void Layout::map_fixed(PageRange pages) {
  const auto [range, mapping] = mappings_.find(pages.start);
  if (mapping.number == 0 || !range.covers(pages)) map(pages);
}

void Layout::extend(PageRange grown) {
  if (grown.empty()) return;
  const Mapping below = grown.start == 0 ? Mapping{} : mappings_.at(grown.start - 1);
  mappings_.set(grown, below.number != 0 ? below : made_at(grown.start));
}

void Layout::take_list(const std::vector<SnapshotEvent::Mapping>& list) {
  const Runs<Mapping> before = std::exchange(mappings_, {});
  Mapping open; // made of what nothing is known of, and where it ends
  Address open_end = 0;
  for (const SnapshotEvent::Mapping& each : list) {
    if (each.grows_down) {
      mappings_.set(each.pages, made_literal());
      continue;
    }
    before.visit(each.pages, [&](PageRange part, const Mapping& known) {
      if (known.number != 0) return mappings_.set(part, known);
      if (open.number == 0 || open_end != part.start) open = made_at(part.start);
      open_end = part.end;
      mappings_.set(part, open);
    });
  }
  complete_ = true;
}

void Layout::forget() {
  mappings_.clear();
  complete_ = false;
}

Layout Layout::copied() const {
  Layout copy = *this;
  copy.complete_ = false;
  return copy;
}

std::optional<Address> Layout::first_gap(PageRange range) const {
  std::optional<Address> gap;
  if (!complete_) return gap;
  visit(range, [&](PageRange part, bool known) {
    if (!known && !gap) gap = part.start;
  });
  return gap;
}

} // namespace mlockscope::model
