// The calls that make, move and end mappings do elsewhere what they were recorded to do; with them
// go the locks that the other platform has there. What each does is read in mapping_calls.cpp, and
// this follows it step by step.
#include "model/linux_abi.hpp"
#include "model/what_if.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

class MappingCall {
public:
  MappingCall(OtherSpace& space, CallEvent& event)
      : space_(space), event_(event), page_(space.terms.page) {}

  void translate();

private:
  /// What a new mapping is to the ones around it.
  enum class As : std::uint8_t { its_own, fixed, extension };

  void mmap();
  void mremap();
  void failed_mremap();
  void brk();
  void shmat();

  void map(PageRange fresh, As, bool asked);
  void unmap(PageRange);
  void move(PageRange from, Address to, bool keep);
  void remember(PageRange fresh, bool fixed);
  [[nodiscard]] PageRange pages_at(Address start, std::uint64_t len) const {
    const auto bytes = byte_range(start, len);
    return bytes ? page_.around(*bytes) : PageRange{};
  }

  OtherSpace& space_;
  CallEvent& event_;
  const PageSize page_;
};

void MappingCall::translate() {
  const bool done = !failed(event_.ret);
  switch (event_.call) {
  case Call::mmap:
    mmap();
    break;
  case Call::munmap:
    if (done) unmap(pages_at(event_.addr, event_.len));
    break;
  case Call::mremap:
    done ? mremap() : failed_mremap();
    break;
  case Call::brk:
    if (done) brk();
    break;
  case Call::shmat:
    if (done && !event_.extent.empty()) shmat();
    break;
  case Call::shmdt:
    if (done) unmap(page_.around(event_.extent));
    break;
  default:
    return;
  }
  for (KernelWord* word : {&event_.after, &event_.old_after}) {
    space_.tell(*word);
    if (done && word->known()) space_.note_told(word->walked);
  }
}

/// `asked`: for locked memory, by the call itself.
void MappingCall::map(PageRange fresh, As as, bool asked) {
  const auto clear = [](PageRange, const PageLock&) { return PageLock{}; };
  space_.change(fresh, clear);
  if (as == As::its_own)
    space_.layout.map(fresh);
  else if (as == As::fixed)
    space_.layout.map_fixed(fresh);
  else
    space_.layout.extend(fresh);
  const bool expected = asked || space_.future_recorded;
  read_word(event_.after, fresh, [&](PageRange part, std::optional<bool> told) {
    PageLock lock;
    lock.recorded = told.value_or(expected);
    lock.count = asked || space_.future ? 1 : 0;
    if (lock.recorded != expected) {
      // Locked though nobody asked: memfd_secret, or a lock-all from before the tracing.
      lock.count = lock.recorded ? 1 : 0;
      lock.skipped = !lock.recorded;
      lock.stubborn = lock.recorded && space_.future_known && !event_.overlapped;
    }
    lock.told = lock.locked();
    space_.change(part, [&](PageRange, const PageLock&) { return lock; });
  });
}

void MappingCall::unmap(PageRange removed) {
  if (!event_.overlapped) return space_.unmap(removed);
  for (const PageRange part : space_.recent.older_parts(removed, event_.enter)) space_.unmap(part);
}

void MappingCall::remember(PageRange fresh, bool fixed) {
  if (event_.overlapped && !fixed) space_.recent.add(fresh, event_.exit);
}

/// `keep`: something stays mapped at the old place.
void MappingCall::move(PageRange from, Address to, bool keep) {
  const Address distance = to - from.start;
  std::vector<std::pair<PageRange, PageLock>> taken;
  space_.change(from, [&](PageRange part, const PageLock& lock) {
    taken.emplace_back(part, lock);
    return PageLock{};
  });
  for (const auto& [part, lock] : taken)
    space_.change({part.start + distance, part.end + distance},
                  [&, moved = lock](PageRange, const PageLock&) { return moved; });
  if (!keep) space_.layout.unmap(from);
}

void MappingCall::mmap() {
  const bool noreplace = (event_.flags & map_fixed_noreplace) != 0;
  const bool fixed = (event_.flags & map_fixed) != 0 && !noreplace;
  if (failed(event_.ret)) {
    // The target may have been unmapped before it failed.
    const PageRange target = fixed ? pages_at(event_.addr, event_.len) : PageRange{};
    const KernelWord& word = event_.after;
    if (!target.empty() && word.known() && word.hole && word.walked.start == target.start)
      unmap({word.walked.end, word.walked.end + page_.bytes()});
    return;
  }
  const PageRange fresh = pages_at(static_cast<Address>(event_.ret), event_.len);
  map(fresh, fixed ? As::fixed : As::its_own, (event_.flags & map_locked) != 0);
  remember(fresh, fixed);
}

void MappingCall::mremap() {
  const bool fixed = (event_.flags & mremap_fixed) != 0;
  const bool keep = (event_.flags & mremap_dontunmap) != 0;
  const PageRange old = pages_at(event_.addr, event_.len);
  const PageRange fresh = pages_at(static_cast<Address>(event_.ret), event_.new_len);
  const std::uint64_t kept = std::min(old.size(), fresh.size());
  const PageRange grown{fresh.start + kept, fresh.end};
  const PageRange tail{old.start + kept, old.end};
  const bool moved = old.empty() || old.start != fresh.start;
  const PageLock last = space_.at(old.empty() ? old.start : old.end - page_.bytes());

  if (moved) {
    space_.unmap(fresh);
    if (kept != 0) move({old.start, old.start + kept}, fresh.start, keep);
    space_.layout.map(fresh);
  }
  if (!tail.empty()) unmap(tail);
  if (!moved && !grown.empty()) {
    space_.unmap(grown);
    space_.layout.extend(grown);
  }
  space_.change(grown, [&](PageRange, const PageLock&) { return last; });
  space_.adopt(event_.after, fresh, false);
  if (keep) space_.adopt(event_.old_after, page_.around(event_.extent), false);
  const PageRange appeared = moved ? fresh : grown;
  if (!appeared.empty()) remember(appeared, fixed);
}

/// It may have moved the beginning of its range, and unmapped the first page of its target; the
/// ledger, too, then waits for the kernel's list.
void MappingCall::failed_mremap() {
  const bool aligned = page_.offset(event_.addr) == 0 && page_.offset(event_.new_addr) == 0;
  if ((event_.flags & mremap_fixed) == 0 || !aligned) return;
  const PageRange old = pages_at(event_.addr, event_.len);
  const PageRange target = pages_at(event_.new_addr, event_.new_len);
  const KernelWord& before = event_.old_after;
  const KernelWord& word = event_.after;
  if (word.known() && word.hole && target.contains(word.walked.end))
    unmap({word.walked.end, word.walked.end + page_.bytes()});
  const bool gone = before.known() && before.hole && before.walked.empty();
  const bool there = word.known() && !word.walked.empty();
  if (!gone || !there || old.empty() || old.size() != target.size()) return;
  const PageLock first = space_.at(old.start);
  if (event_.ret != -eperm && (!first.recorded || first.assumed)) return;

  PageRange moved{old.start, old.start + std::min(old.size(), word.walked.size())};
  const Address distance = target.start - old.start;
  if (space_.known)
    read_word(word, {moved.start + distance, moved.end + distance},
              [&](PageRange part, std::optional<bool> locked) {
                space_.visit({part.start - distance, part.end - distance},
                             [&](PageRange same, const PageLock& lock) {
                               if (locked && !lock.assumed && lock.recorded != *locked)
                                 moved.end = std::min(moved.end, same.start);
                             });
              });
  if (moved.empty()) return;
  const PageRange fresh{moved.start + distance, moved.end + distance};
  space_.unmap(fresh);
  move(moved, fresh.start, false);
  space_.layout.map(fresh);
  space_.adopt(word, fresh, false);
  space_.note_told(fresh);
}

void MappingCall::brk() {
  const Address old_end = page_.up(event_.extent.start);
  const Address new_end = page_.up(static_cast<Address>(event_.ret));
  if (new_end < old_end) return unmap({new_end, old_end});
  if (old_end == new_end) return;
  map({old_end, new_end}, As::extension, false);
  remember({old_end, new_end}, false);
}

void MappingCall::shmat() {
  const bool fixed = (event_.flags & shm_remap) != 0;
  const PageRange fresh = page_.around(event_.extent);
  map(fresh, fixed ? As::fixed : As::its_own, false);
  remember(fresh, fixed);
}

} // namespace

void translate_mapping(OtherSpace& space, CallEvent& event) {
  MappingCall(space, event).translate();
}

} // namespace mlockscope::model
