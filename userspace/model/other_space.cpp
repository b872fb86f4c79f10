#include "model/other_space.hpp"

#include <utility>

namespace mlockscope::model {

void OtherSpace::adopt(const KernelWord& word, PageRange range, bool secret) {
  read_word(word, range, [&](PageRange part, std::optional<bool> locked) {
    if (locked) adopt(part, *locked, word.grows_down, secret);
  });
}

void OtherSpace::adopt(PageRange range, bool locked, bool grows_down, bool secret) {
  // The new pages of a stack are as those above them (mm/mmap.c, expand_downwards).
  const PageLock above = at(range.end);
  std::vector<PageRange> fresh;
  change(range, [&](PageRange part, PageLock lock) {
    const bool assumed = std::exchange(lock.assumed, false);
    if (lock.recorded == locked) return lock;
    lock.recorded = locked;
    lock.news = locked || lock.soft || !assumed;
    if (!locked) {
      lock.count = 0;
      lock.stubborn = false;
    } else if (grows_down && above.recorded) {
      lock.count = std::max(lock.count, above.count);
    } else {
      lock.count = std::max<std::uint16_t>(lock.count, 1);
      lock.stubborn = secret;
      fresh.push_back(part);
    }
    return lock;
  });
  if (!terms.wider()) return;
  for (const PageRange part : fresh) widen(part);
}

/// A lock that nobody saw was made on whole pages, too.
void OtherSpace::widen(PageRange part) {
  const PageRange around{place(part.start).down(part.start, terms.lock),
                         place(part.end - 1).up(part.end, terms.lock)};
  change(around, [](PageRange, PageLock lock) {
    if (lock.skipped || lock.locked()) return lock;
    lock.count = 1;
    lock.news = true;
    return lock;
  });
}

void OtherSpace::tell(KernelWord& word, bool before) const {
  if (!word.known()) return;
  word.runs.clear();
  word.locked = KernelWord::Locked::all;
  if (terms.always_locked()) return;
  bool all = true;
  visit(word.walked, [&](PageRange part, const PageLock& lock) {
    const bool locked = before ? lock.was_locked() : lock.locked();
    all = all && locked;
    if (!locked) return;
    if (!word.runs.empty() && word.runs.back().end == part.start)
      word.runs.back().end = part.end;
    else
      word.runs.push_back(part);
  });
  if (word.runs.empty())
    word.locked = KernelWord::Locked::none;
  else if (!all)
    word.locked = KernelWord::Locked::some;
  if (word.locked != KernelWord::Locked::some) word.runs.clear();
}

void OtherSpace::unmap(PageRange pages) {
  change(pages, [](PageRange, const PageLock&) { return PageLock{}; });
  layout.unmap(pages);
}

void OtherSpace::drop_unmapped(const std::vector<SnapshotEvent::Mapping>& list) {
  const auto drop = [this](PageRange gap) {
    change(gap, [](PageRange, const PageLock&) { return PageLock{}; });
  };
  Address at = 0;
  for (const auto& mapping : list) {
    drop({at, mapping.pages.start});
    at = std::max(at, mapping.pages.end);
  }
  drop({at, every_page.end});
}

void OtherSpace::take_list(SnapshotEvent& event) {
  drop_unmapped(event.mappings);
  layout.take_list(event.mappings);
  for (const SnapshotEvent::Mapping& mapping : event.mappings)
    if (mapping.special)
      change(mapping.pages, [](PageRange, PageLock lock) {
        lock.skipped = true;
        lock.recorded = lock.assumed = false;
        lock.count = 0;
        return lock;
      });
  for (const SnapshotEvent::Mapping& mapping : event.mappings)
    if (!mapping.special) adopt(mapping.pages, mapping.locked, mapping.grows_down, false);
  std::vector<SnapshotEvent::Mapping> told;
  for (SnapshotEvent::Mapping mapping : event.mappings) {
    // Of memory that is always locked, locking is no news.
    if (terms.always_locked()) mapping.locked = mapping.special = true;
    if (mapping.special) {
      told.push_back(mapping);
      continue;
    }
    bool fresh = true;
    visit(mapping.pages, [&](PageRange part, const PageLock& lock) {
      if (!fresh && told.back().locked == lock.was_locked()) {
        told.back().pages.end = part.end;
        return;
      }
      told.push_back(mapping);
      told.back().pages = part;
      told.back().locked = lock.was_locked();
      fresh = false;
    });
    change(mapping.pages, [](PageRange, PageLock lock) {
      lock.told = lock.was_locked();
      lock.soft = lock.news = false;
      return lock;
    });
  }
  event.mappings = std::move(told);
  known = true;
}

void OtherSpace::forget() {
  locks_.clear();
  recorded_bytes_ = 0;
  layout.forget();
  recent.clear();
  future = future_recorded = future_known = known = false;
}

} // namespace mlockscope::model
