// The calls that make, move and end mappings. What they do to locked pages is not what their names
// say: mm/mmap.c and mm/mremap.c are quoted where it matters.
#include "model/calls.hpp"
#include "model/linux_abi.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

PageRange pages_at(const Ledger& ledger, Address start, std::uint64_t len) {
  const auto bytes = byte_range(start, len);
  return bytes ? ledger.shared.page.around(*bytes) : PageRange{};
}

/// The event of this mapping may overtake that of the removal that made room for it.
void remember_if_raced(Ledger& ledger, const CallEvent& event, PageRange fresh, bool fixed) {
  if (event.overlapped && !fixed) ledger.recent.add(fresh, event.exit);
  if (event.overlapped && (fixed || !tells_all(event.after, fresh))) ledger.mark_partial();
}

/// A new mapping, where what was there is gone. `asked`: it is locked by the rules.
void map(Ledger& ledger, const CallEvent& event, PageRange fresh, bool asked) {
  ledger.unmap(fresh, event.exit);
  read_word(event.after, fresh, [&](PageRange told_part, std::optional<bool> told) {
    if (!told && !ledger.future_known) ledger.mark_partial();
    PageState state;
    state.locked = told.value_or(asked);
    if (!state.locked) return;
    state.by_word = told.has_value();
    state.cover = ledger.future;
    // Locked though nobody asked: memfd_secret, or a lock-all from before the tracing.
    state.stubborn = !asked && ledger.future_known && !event.overlapped;
    ledger.set(told_part, event.exit, [&](PageRange, const PageState&) { return state; });
  });
}

bool holds_anything(const Ledger& ledger, PageRange range) {
  return ledger.pages.any_locked(range) || ledger.claims.meet(bytes_of(range));
}

/// `removed` is gone, but for what was mapped there while the call was under way. Whether another
/// call locked there before it went or after, only the kernel's list can tell.
void unmap(Ledger& ledger, const CallEvent& event, PageRange removed) {
  if (!event.overlapped) {
    ledger.unmap(removed, event.exit);
    return;
  }
  if (holds_anything(ledger, removed)) ledger.mark_partial();
  for (const PageRange part : ledger.recent.older_parts(removed, event.enter))
    ledger.unmap(part, event.exit);
}

/// An mmap with a fixed target failed. The target may have been unmapped before it did; or it may
/// have had the hole already, and the call was refused before it did anything.
void lose_target(Ledger& ledger, const CallEvent& event, PageRange target) {
  if (!event.after.known() || !event.after.hole || event.after.walked.start != target.start) return;
  const Address hole = event.after.walked.end;
  const Address behind = hole + ledger.shared.page.bytes();
  unmap(ledger, event, {hole, behind});
  // Only the first hole is known.
  if (behind < target.end && holds_anything(ledger, {behind, target.end})) ledger.mark_partial();
}

/// One mremap that succeeded, in pages.
struct Remap {
  PageRange old;
  PageRange fresh;
  bool last_locked = false; ///< the page that growth continues

  [[nodiscard]] std::uint64_t kept() const { return std::min(old.size(), fresh.size()); }
  [[nodiscard]] bool moved() const { return old.start != fresh.start; }
  [[nodiscard]] PageRange grown() const { return {fresh.start + kept(), fresh.end}; }
  [[nodiscard]] PageRange tail() const { return {old.start + kept(), old.end}; }
};

/// What is at the new place follows the kernel's word, or the rules: growth of a locked mapping is
/// locked, growth of one that is not stays so, even under MCL_FUTURE (mm/mremap.c, vma_to_resize).
void follow_remap(Ledger& ledger, const CallEvent& event, const Remap& remap) {
  ledger.set(remap.grown(), event.exit, [&](PageRange, PageState state) {
    state.locked = remap.last_locked;
    return state;
  });
  read_word(event.after, remap.fresh, [&](PageRange part, std::optional<bool> told) {
    if (!told) return;
    ledger.set(part, event.exit, [&](PageRange, PageState state) {
      if (!*told) return state.unlocked();
      state.foreign = state.foreign || (!state.locked && !ledger.complete);
      state.locked = state.by_word = true;
      state.assumed = false;
      return state;
    });
  });
  ledger.set(remap.grown(), event.exit, [&](PageRange, PageState state) {
    if (state.locked) {
      state.cover = ledger.future;
      state.foreign = false;
    }
    return state;
  });
}

void move(Ledger& ledger, const CallEvent& event, const Remap& remap) {
  ledger.unmap(remap.fresh, event.exit);
  ledger.move({remap.old.start, remap.old.start + remap.kept()}, remap.fresh.start, event.exit);
  unmap(ledger, event, remap.tail());
}

/// MREMAP_DONTUNMAP leaves the old VMA mapped and unlocks it, from 6.18 on all of it: the bytes
/// there that did not move are unlocked by no munlock, and the books just follow.
void follow_old_mapping(Ledger& ledger, const CallEvent& event) {
  const PageRange old = ledger.shared.page.around(event.extent);
  if (old.empty() || !tells_all(event.old_after, old)) ledger.mark_partial();
  read_word(event.old_after, old, [&](PageRange part, std::optional<bool> told) {
    if (!told) return;
    ledger.set(part, event.exit, [&](PageRange, PageState state) {
      if (!*told) return state.unlocked();
      state.locked = state.by_word = true;
      state.assumed = false;
      return state;
    });
  });
}

/// True if the books are sure that something is mapped at `page`.
bool knows_mapped(const Ledger& ledger, PageRange page) {
  const PageState state = ledger.pages.at(page.start);
  return (state.locked && !state.assumed) || ledger.claims.meet(bytes_of(page));
}

/// A mremap that failed, in pages.
struct FailedRemap {
  PageRange old;
  PageRange target;
  const KernelWord& old_word; ///< what the two are now
  const KernelWord& target_word;

  [[nodiscard]] static bool gone(const KernelWord& word) {
    return word.known() && word.hole && word.walked.empty();
  }
  [[nodiscard]] static bool there(const KernelWord& word) {
    return word.known() && !word.walked.empty();
  }
  /// The part of `range` from the first page on that is not mapped.
  [[nodiscard]] static PageRange from_hole(const KernelWord& word, PageRange range) {
    return word.known() && word.hole ? PageRange{word.walked.end, range.end} : PageRange{};
  }
};

/// Whether a mremap that failed had moved the beginning of its range. A hole there can also be an
/// old one, with a call that was refused for it or for its arguments; but EPERM comes of the
/// mappings themselves (mseal), and only of mappings that are there.
bool moved_some(const Ledger& ledger, const CallEvent& event, const FailedRemap& remap) {
  if (!remap.gone(remap.old_word) || !remap.there(remap.target_word)) return false;
  if (remap.old.empty() || remap.old.size() != remap.target.size()) return false;
  const Address page = ledger.shared.page.bytes();
  return event.ret == -eperm || knows_mapped(ledger, {remap.old.start, remap.old.start + page});
}

/// How much of the old range lies at the target now, at most: what is mapped there may have been
/// there before. What was moved has kept its locks.
PageRange moved_part(const Ledger& ledger, const FailedRemap& remap) {
  const std::uint64_t most = std::min(remap.old.size(), remap.target_word.walked.size());
  const Address distance = remap.target.start - remap.old.start;
  PageRange moved{remap.old.start, remap.old.start + most};
  if (!ledger.complete) return moved;
  read_word(remap.target_word, {remap.target.start, remap.target.start + most},
            [&](PageRange part, std::optional<bool> locked) {
              ledger.pages.visit({part.start - distance, part.end - distance},
                                 [&](PageRange same, const PageState& state) {
                                   if (locked && !state.assumed && state.locked != *locked)
                                     moved.end = std::min(moved.end, same.start);
                                 });
            });
  return moved;
}

/// From 6.17 on, mremap of a range of several mappings to a fixed place moves them one by one and
/// stops at the first that cannot be moved (mm/mremap.c, remap_move): it fails, and what came
/// before has moved. Any mremap to a fixed place can fail after it has unmapped that place.
void apply_failed_remap(Ledger& ledger, const CallEvent& event) {
  const PageSize page = ledger.shared.page;
  // Anything else moves nothing, or is refused before it does.
  const bool aligned = page.offset(event.addr) == 0 && page.offset(event.new_addr) == 0;
  if ((event.flags & mremap_fixed) == 0 || !aligned) return;
  const FailedRemap remap{pages_at(ledger, event.addr, event.len),
                          pages_at(ledger, event.new_addr, event.new_len), event.old_after,
                          event.after};
  const PageRange lost = remap.from_hole(remap.target_word, remap.target);
  if (!lost.empty()) unmap(ledger, event, {lost.start, lost.start + page.bytes()});

  // With MREMAP_DONTUNMAP the old range does not tell.
  const bool stays = (event.flags & mremap_dontunmap) == 0 && remap.there(remap.old_word);
  if (moved_some(ledger, event, remap)) {
    const PageRange part = moved_part(ledger, remap);
    const Remap moved{part, {remap.target.start, remap.target.start + part.size()}};
    if (!part.empty()) {
      move(ledger, event, moved);
      follow_remap(ledger, event, moved);
    }
  } else if ((stays || remap.gone(remap.target_word)) && !holds_anything(ledger, lost) &&
             !holds_anything(ledger, remap.from_hole(remap.old_word, remap.old))) {
    return; // nothing moved, and nothing that matters is gone
  }
  if (!ledger.idle()) ledger.mark_partial();
}

} // namespace

void apply_mmap(Ledger& ledger, const CallEvent& event) {
  const bool noreplace = (event.flags & map_fixed_noreplace) != 0;
  const bool fixed = (event.flags & map_fixed) != 0 && !noreplace;
  if (failed(event.ret)) {
    if (fixed) lose_target(ledger, event, pages_at(ledger, event.addr, event.len));
    return;
  }
  const auto start = static_cast<Address>(event.ret);
  const PageRange fresh = pages_at(ledger, start, event.len);
  const bool lock = (event.flags & map_locked) != 0;
  map(ledger, event, fresh, lock || ledger.future != 0);
  remember_if_raced(ledger, event, fresh, fixed);
  if (const auto bytes = byte_range(start, event.len); lock && bytes) ledger.claim(*bytes, event);
}

void apply_munmap(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  unmap(ledger, event, pages_at(ledger, event.addr, event.len));
}

void apply_mremap(Ledger& ledger, const CallEvent& event) {
  if (event.overlapped && !ledger.idle()) ledger.mark_partial(); // of two places, in any order
  if (failed(event.ret)) return apply_failed_remap(ledger, event);
  const bool fixed = (event.flags & mremap_fixed) != 0;
  Remap remap;
  remap.old = pages_at(ledger, event.addr, event.len);
  remap.fresh = pages_at(ledger, static_cast<Address>(event.ret), event.new_len);
  const Address page = ledger.shared.page.bytes();
  // An old length of 0 makes a second mapping of the same shared memory; nothing moves.
  const Address last = remap.old.empty() ? remap.old.start : remap.old.end - page;
  remap.last_locked = ledger.pages.at(last).locked;

  if (remap.old.empty())
    ledger.unmap(remap.fresh, event.exit);
  else if (remap.moved())
    move(ledger, event, remap);
  else if (remap.fresh.size() < remap.old.size())
    unmap(ledger, event, remap.tail());
  else
    ledger.unmap(remap.grown(), event.exit);
  follow_remap(ledger, event, remap);
  // A range of several mappings keeps its gaps, and at the target what was there before is left in
  // them (mm/mremap.c, remap_move): the word ends at the first gap, and without it nothing is sure.
  if (remap.moved() && !tells_all(event.after, remap.fresh)) ledger.mark_partial();
  if ((event.flags & mremap_dontunmap) != 0) follow_old_mapping(ledger, event);
  const PageRange appeared = remap.moved() ? remap.fresh : remap.grown();
  if (!appeared.empty()) remember_if_raced(ledger, event, appeared, fixed);
}

// mm/mmap.c, brk(): the program's arguments are any bytes, its mapping is whole pages.
void apply_brk(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  const PageSize page = ledger.shared.page;
  const Address old_end = page.up(event.extent.start);
  const Address new_end = page.up(static_cast<Address>(event.ret));
  if (new_end < old_end) {
    unmap(ledger, event, {new_end, old_end});
  } else if (old_end < new_end) {
    // do_brk_flags() takes def_flags alone: growth is locked only under MCL_FUTURE.
    map(ledger, event, {old_end, new_end}, ledger.future != 0);
    remember_if_raced(ledger, event, {old_end, new_end}, false);
  }
}

void apply_shmat(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  if (event.extent.empty()) return ledger.mark_partial(); // nobody could say how long it is
  const PageRange fresh = ledger.shared.page.around(event.extent);
  map(ledger, event, fresh, ledger.future != 0);
  remember_if_raced(ledger, event, fresh, (event.flags & shm_remap) != 0);
}

void apply_shmdt(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  // The beginning of the attachment was unmapped before, and nobody could say where it ends.
  if (event.extent.empty() && !ledger.idle()) return ledger.mark_partial();
  unmap(ledger, event, ledger.shared.page.around(event.extent));
}

} // namespace mlockscope::model
