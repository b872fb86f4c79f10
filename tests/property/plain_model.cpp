#include "plain_model.hpp"

namespace mlockscope::test {

Address cell_start(PageSize page, int cell) {
  const auto pages = static_cast<std::uint64_t>(cell / cells_per_page);
  const auto rest = static_cast<std::uint64_t>(cell % cells_per_page);
  const std::uint64_t step = page.bytes() / cells_per_page;
  // Odd, and not by the same distance everywhere.
  return p + pages * page.bytes() + (rest == 0 ? 0 : rest * step + (rest % 3 == 0 ? 1 : 0) - 1);
}

PlainModel::Pages PlainModel::pages_in(PageRange range) const {
  Pages all;
  for (int n = 0; n < plain_pages; ++n) {
    const Address at = p + static_cast<std::uint64_t>(n) * page_.bytes();
    if (range.start <= at && at < range.end) all.set(static_cast<std::size_t>(n));
  }
  return all;
}

PlainModel::Pages PlainModel::truth() const {
  Pages all;
  for (int n = 0; n < plain_pages; ++n)
    if (kernel_.locked(p + static_cast<std::uint64_t>(n) * page_.bytes()))
      all.set(static_cast<std::size_t>(n));
  return all;
}

PlainModel::Set PlainModel::cells_of(Pages pages) {
  Set cells;
  for (std::size_t n = 0; n < plain_cells; ++n) cells[n] = pages[n / cells_per_page];
  return cells;
}

PlainModel::Set PlainModel::cells_of(Cells range) {
  Set cells;
  for (int n = range.from; n < range.to; ++n) cells.set(static_cast<std::size_t>(n));
  return cells;
}

PlainModel::Pages PlainModel::reach(int first, int count) const {
  Pages all;
  for (int n = first; n < first + count; ++n) all.set(static_cast<std::size_t>(n));
  return all;
}

std::uint64_t PlainModel::bytes(const Set& cells) const {
  std::uint64_t sum = 0;
  for (int n = 0; n < plain_cells; ++n)
    if (cells[static_cast<std::size_t>(n)]) sum += cell_start(page_, n + 1) - cell_start(page_, n);
  return sum;
}

std::string PlainModel::ranges(const Set& cells) const {
  std::string out;
  for (int n = 0; n < plain_cells; ++n) {
    if (!cells[static_cast<std::size_t>(n)]) continue;
    int end = n;
    while (end < plain_cells && cells[static_cast<std::size_t>(end)]) ++end;
    out += " " + text(ByteRange{cell_start(page_, n), cell_start(page_, end)});
    n = end;
  }
  return out;
}

std::string PlainModel::victim(const Claim& claim, int) const {
  return (claim.call == Call::mmap ? "mmap " : "mlock ") +
         text(
             ByteRange{cell_start(page_, claim.request.from), cell_start(page_, claim.request.to)});
}

std::set<Address> PlainModel::locked() const {
  std::set<Address> all;
  for (int n = 0; n < plain_pages; ++n) {
    const Address at = p + static_cast<std::uint64_t>(n) * page_.bytes();
    if (locked_[static_cast<std::size_t>(n)] && kernel_.mapped(at)) all.insert(at);
  }
  return all;
}

/// Exposures of `claim` (-2: all, lock-all's too) lose these bytes.
void PlainModel::lose(const Set& cells, const std::string& why, int claim) {
  for (Open& each : exposures_) {
    if (!each.open || (claim != -2 && each.claim != claim) || (each.cells & cells).none()) continue;
    each.cells &= ~cells;
    if (each.cells.any()) continue;
    each.open = false;
    lines_.push_back("closed " + std::to_string(each.finding) + " " + why + " " +
                     std::to_string(each.bytes));
  }
}

void PlainModel::follow(Pages by_rule) {
  const Pages after = told_ ? truth() : by_rule;
  const Pages fresh = after & ~locked_;
  locked_ = after;
  lose(cells_of(fresh), "relocked");
}

void PlainModel::lock(Cells request, PageRange applied, bool done, bool mapping) {
  follow(done ? locked_ | pages_in(applied) : locked_);
  if (!done || request.from >= request.to) return;
  claims_.push_back({cells_of(request), request, mapping ? Call::mmap : Call::mlock, request.from});
}

void PlainModel::unlock(Cells request, PageRange applied, bool done) {
  const Pages acted = pages_in(applied);
  const Pages before = locked_;
  const Set named = cells_of(request);
  bool met = false;
  for (const Claim& each : claims_)
    if (each.live && (each.cells & cells_of(acted)).any()) met = true;
  if (done && acted.any() && !met && (before & acted).none()) ++needless;

  // 1. Release.
  std::set<int> trimmed;
  int exact = -1;
  for (int n = 0; n < static_cast<int>(claims_.size()); ++n) {
    const Claim& each = claims_[static_cast<std::size_t>(n)];
    if (each.live && named.any() && each.cells == named) exact = n;
  }
  for (int n = 0; n < static_cast<int>(claims_.size()); ++n) {
    Claim& each = claims_[static_cast<std::size_t>(n)];
    if (!each.live || (exact >= 0 && n != exact) || (each.cells & named).none()) continue;
    each.cells &= ~named;
    each.live = each.cells.any();
    trimmed.insert(n);
    lose(named, "released", n);
  }
  // 2. Unlock.
  follow(done ? locked_ & ~acted : locked_);
  // 3 and 4. Judge.
  judge(request, acted & before & ~locked_, trimmed);
}

void PlainModel::judge(Cells request, Pages unlocked, const std::set<int>& trimmed) {
  const Set named = cells_of(request);
  std::vector<Verdict> verdicts;
  for (int n = 0; n < static_cast<int>(claims_.size()); ++n) {
    const Claim& each = claims_[static_cast<std::size_t>(n)];
    const Set lost = each.cells & cells_of(unlocked);
    if (!each.live || lost.none()) continue;
    std::string kind = trimmed.contains(n) ? "self-spill high" : "spill high";
    if ((lost & named).any()) kind = each.cells == named ? "stacked medium" : "nested high";
    verdicts.push_back({kind, victim(each, n), lost, n, told_});
  }
  const auto first = [](const Set& cells) { return cells._Find_first(); };
  std::stable_sort(verdicts.begin(), verdicts.end(), [&](const Verdict& a, const Verdict& b) {
    return first(a.cells) < first(b.cells);
  });
  if ((unlocked & covered_).any())
    verdicts.push_back(
        {"lockall-hole medium", "mlockall", cells_of(unlocked & covered_), -1, told_});
  for (const Verdict& each : verdicts) give(each);
}

void PlainModel::give(const Verdict& verdict) {
  ++*findings;
  lines_.push_back(verdict.kind + (verdict.verified ? " verified" : " modelled") +
                   ranges(verdict.cells) + " of " + verdict.of);
  exposures_.push_back({*findings, verdict.claim, verdict.cells, bytes(verdict.cells), verdict.of});
}

void PlainModel::lock_all(bool current, bool future) {
  future_ = future;
  Pages all;
  if (current)
    for (int n = 0; n < plain_pages; ++n)
      if (kernel_.mapped(p + static_cast<std::uint64_t>(n) * page_.bytes()))
        all.set(static_cast<std::size_t>(n));
  covered_ |= all;
  follow(locked_ | all);
}

void PlainModel::unlock_all() {
  for (Claim& each : claims_) each.live = false;
  for (Open& each : exposures_) {
    if (each.open)
      lines_.push_back("closed " + std::to_string(each.finding) + " unlocked-all " +
                       std::to_string(each.bytes));
    each.open = false;
  }
  covered_.reset();
  future_ = false;
  follow({});
}

void PlainModel::unmap(int first, int count) {
  const Pages gone = reach(first, count);
  for (Claim& each : claims_) {
    if (!each.live) continue;
    each.cells &= ~cells_of(gone);
    each.live = each.cells.any();
  }
  lose(cells_of(gone), "unmapped");
  for (Copy& each : copies_) each.cells &= ~cells_of(gone);
  locked_ &= ~gone;
  covered_ &= ~gone;
}

void PlainModel::map(int first, int count, Cells claimed, bool lock) {
  unmap(first, count);
  const Pages fresh = reach(first, count);
  follow(lock || future_ ? locked_ | fresh : locked_);
  if (future_) covered_ |= fresh & locked_;
  if (!lock || claimed.from >= claimed.to) return;
  claims_.push_back({cells_of(claimed), claimed, Call::mmap, claimed.from});
}

void PlainModel::heap(int old_end, int new_end) {
  if (new_end < old_end)
    unmap(new_end, old_end - new_end);
  else
    map(old_end, new_end - old_end, {}, false);
}

void PlainModel::remap(int first, int count, int new_count, int to, bool keep) {
  const bool last_locked = locked_[static_cast<std::size_t>(first + count - 1)];
  const int kept = std::min(count, new_count);
  if (to != first) {
    unmap(to, new_count);
    const Set from = cells_of(reach(first, kept));
    const auto shift = static_cast<std::size_t>(std::abs(to - first));
    const auto moved_pages = [&](Pages& set) {
      const Pages moved = set & reach(first, kept);
      set = (set & ~reach(first, kept)) | (to > first ? moved << shift : moved >> shift);
    };
    const auto moved_cells = [&](Set& set) {
      const Set moved = set & from;
      set = (set & ~from) |
            (to > first ? moved << shift * cells_per_page : moved >> shift * cells_per_page);
    };
    for (Claim& each : claims_) moved_cells(each.cells);
    for (Open& each : exposures_) moved_cells(each.cells);
    for (Copy& each : copies_) each.cells &= ~from; // followed no further
    moved_pages(locked_);
    moved_pages(covered_);
    if (!keep) unmap(first + kept, count - kept);
  } else if (new_count < count) {
    unmap(first + kept, count - kept);
  } else {
    unmap(to + kept, new_count - kept);
  }
  const Pages grown = reach(to + kept, new_count - kept);
  follow(last_locked ? locked_ | grown : locked_);
  if (future_) covered_ |= grown & locked_;
}

void PlainModel::swap(int first, int count) {
  const Set gone = cells_of(reach(first, count));
  for (Open& each : exposures_) {
    if (!each.open || each.seen_in_swap || (each.cells & gone).none()) continue;
    each.seen_in_swap = true;
    ++*findings;
    lines_.push_back("swapped critical verified" + ranges(each.cells & gone) + " by #" +
                     std::to_string(each.finding) + " of " + each.of);
  }
}

void PlainModel::inherit(const PlainModel& parent) {
  copies_ = parent.copies_;
  for (const Claim& each : parent.claims_)
    if (each.live) copies_.push_back({&parent, each.cells & cells_of(parent.locked_)});
}

std::optional<std::string> PlainModel::fork_line(std::uint32_t child_pid) {
  Pages copied;
  for (const auto& [at, page] : kernel_.pages)
    if (!page.locked && !page.shared && !page.secret && !page.wiped_on_fork && !page.special)
      copied |= pages_in({at, at + page_.bytes()});
  Set all;
  std::size_t claims = 0;
  bool owners_ended = true;
  for (const Copy& each : std::exchange(copies_, {})) {
    const Set left = each.cells & cells_of(copied);
    if (left.none()) continue;
    all |= left;
    ++claims;
    owners_ended = owners_ended && each.owner->ended();
  }
  if (claims == 0) return std::nullopt;
  ++*findings;
  return (owners_ended ? "fork high" : "fork medium") + ranges(all) + " to " +
         std::to_string(child_pid) + " of " + std::to_string(claims) +
         (owners_ended ? " (owner ended)" : "");
}

} // namespace mlockscope::test
