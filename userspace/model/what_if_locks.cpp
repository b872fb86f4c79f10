// mlock, mlock2, munlock, mlockall and munlockall by another platform's rules.
#include "model/linux_abi.hpp"
#include "model/request.hpp"
#include "model/what_if.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

constexpr std::uint16_t most_locks = 65535; // xnu: user_wired_count is an unsigned short

/// One mlock, mlock2 or munlock on its way from what was recorded to what is imagined.
class LockCall {
public:
  LockCall(OtherSpace& space, CallEvent& event)
      : space_(space), terms_(space.terms), rules_(space.terms.rules), event_(event),
        recorded_(event), locks_(event.call != Call::munlock),
        pair_(applied_pages(terms_.recorded, event.addr, event.len)), hole_(recorded_hole()) {}

  void translate();

private:
  /// The pages the other platform would act on, or the errno it gives for the arguments.
  struct Asked {
    PageRange pages;
    std::int64_t error = 0;
  };

  void learn();
  void note_recorded();
  [[nodiscard]] std::optional<Address> recorded_hole() const;
  [[nodiscard]] Asked ask() const;
  [[nodiscard]] Asked ask_none(const Layout::Place&) const;
  [[nodiscard]] Asked ask_wrapped(const Layout::Place&, Address start, Address end) const;

  void stay(Asked);
  void meet_hole(Asked);
  [[nodiscard]] bool passes(PageRange) const;
  [[nodiscard]] std::int64_t never_locked(PageRange) const;

  void act(PageRange);
  void act_by_rule(PageRange);
  void act_as_recorded(PageRange);
  [[nodiscard]] PageLock after(PageLock) const;

  void tell_before(PageRange);
  void tell_after(PageRange);
  void succeed(PageRange, std::int64_t error);
  void refuse(PageRange, std::int64_t error);

  OtherSpace& space_;
  const Terms& terms_;
  const Platform& rules_;
  CallEvent& event_;
  const CallEvent recorded_; ///< as it was
  const bool locks_;         ///< else it unlocks
  /// The pages that Linux made of the arguments; nothing if it refused them.
  const std::optional<PageRange> pair_;
  PageRange acted_; ///< the pages that it acted on
  /// The first page of the request that is not mapped, if that is known.
  std::optional<Address> hole_;
};

void LockCall::translate() {
  if (terms_.wider()) space_.layout.note_request(event_.addr, terms_.lock);
  learn();
  note_recorded();
  const Asked asked = ask();
  tell_before(asked.pages);
  if (terms_.always_locked() && !locks_) return succeed(asked.pages, 0);
  if (failed(recorded_.ret) && pair_ && !hole_) return stay(asked);
  if (asked.error != 0) return refuse({}, asked.error);
  // What Linux took for no page at all has not shown whether it is mapped.
  if (pair_ && pair_->empty()) hole_ = space_.layout.first_gap(asked.pages);
  if (hole_ && !asked.pages.empty() && *hole_ < asked.pages.end) return meet_hole(asked);
  if (const std::int64_t error = never_locked(asked.pages)) return refuse(asked.pages, error);
  act(asked.pages);
  succeed(asked.pages, 0);
}

// ---- What was recorded --------------------------------------------------------------------------

void LockCall::learn() {
  if (recorded_.overlapped || !pair_) return;
  const bool secret = recorded_.failure && recorded_.failure->secret_memory;
  space_.adopt(recorded_.before, *pair_, secret);
}

/// The recorded bits after the call, as the ledger would have them, and what the words say about
/// the kind of memory.
void LockCall::note_recorded() {
  const bool done = !failed(recorded_.ret);
  if (pair_ && recorded_.ret != -einval && recorded_.ret != -eperm) acted_ = *pair_;
  const KernelWord& word = recorded_.after;
  if (hole_) acted_.end = std::min(acted_.end, *hole_);
  if (!done && word.known() && word.hole) acted_.end = std::min(acted_.end, word.walked.end);
  read_word(word, acted_, [&](PageRange told_part, std::optional<bool> told) {
    if (!told && !done && !hole_) return;
    const bool locked = told.value_or(locks_);
    const bool telling = told && done && !recorded_.overlapped;
    space_.change(told_part, [&](PageRange, PageLock lock) {
      lock.recorded = locked;
      lock.assumed = false;
      if (telling && locks_) lock.skipped = !locked;
      if (telling && !locks_ && locked) lock.stubborn = true;
      return lock;
    });
  });
}

/// If the call failed for it.
std::optional<Address> LockCall::recorded_hole() const {
  if (recorded_.ret != -enomem || !pair_) return std::nullopt;
  for (const KernelWord* word : {&recorded_.after, &recorded_.before}) {
    if (!word->known()) continue;
    if (word->hole) return word->walked.end;
    if (tells_all(*word, *pair_)) return std::nullopt;
  }
  return space_.layout.first_gap(*pair_);
}

// ---- The arguments ------------------------------------------------------------------------------

LockCall::Asked LockCall::ask() const {
  const Address addr = event_.addr;
  const Layout::Place first = space_.place(addr);
  if (rules_.unaligned.is == Unaligned::einval && !first.aligned(addr, terms_.lock))
    return {{}, einval};
  const Address offset = terms_.lock.offset(addr - first.origin);
  const Address start = addr - offset;
  const Address end = start + terms_.lock.up(event_.len + offset);
  const auto named = byte_range(addr, event_.len);
  if (!named || end < named->end) return ask_wrapped(first, start, end);
  if (named->empty()) return ask_none(first);
  return {{first.down(addr, terms_.lock), space_.place(named->end - 1).up(named->end, terms_.lock)},
          0};
}

LockCall::Asked LockCall::ask_none(const Layout::Place& place) const {
  const Address addr = event_.addr;
  const PageRange none{place.down(addr, terms_.lock), place.down(addr, terms_.lock)};
  const ZeroLength rule = rules_.zero_length.is;
  if (rule == ZeroLength::einval) return {{}, einval};
  const bool rounds = rule == ZeroLength::rounds || (rule == ZeroLength::unlock_rounds && !locks_);
  if (!rounds || place.aligned(addr, terms_.lock)) return {none, 0};
  return {{none.start, place.up(addr, terms_.lock)}, 0};
}

LockCall::Asked LockCall::ask_wrapped(const Layout::Place& place, Address start,
                                      Address end) const {
  switch (rules_.wrap.is) {
  case Wrap::silent:
    if (end < start) return {{}, einval};
    start = std::max(start, place.bounds.start);
    return {{start, std::max(start, std::min(end, place.bounds.end))}, 0};
  case Wrap::unlock_nothing:
    if (!locks_) return {{start, start}, 0};
    break;
  case Wrap::enomem:
    return {{}, enomem};
  case Wrap::einval:
    break;
  }
  return {{}, einval};
}

// ---- Outcomes -----------------------------------------------------------------------------------

/// It failed for a reason that no rule here is about, and fails.
void LockCall::stay(Asked asked) {
  const Hole rule = locks_ ? rules_.hole_in_lock.is : rules_.hole_in_unlock.is;
  const bool refused_outright = recorded_.ret == -eperm || recorded_.ret == -einval;
  if (rule != Hole::prefix || refused_outright || asked.error != 0)
    return refuse(asked.pages, -recorded_.ret);
  if (recorded_.after.known() && recorded_.after.hole)
    asked.pages.end = std::clamp(recorded_.after.walked.end, asked.pages.start, asked.pages.end);
  act_as_recorded(asked.pages);
  event_.applied = asked.pages;
  tell_after(asked.pages);
  if (!tells_all(recorded_.after, acted_)) {
    const bool some = recorded_.after.known() && asked.pages.start < recorded_.after.walked.end;
    if (some)
      event_.after.walked.end = std::min(event_.after.walked.end, recorded_.after.walked.end);
    space_.tell(event_.after);
    if (!some) event_.after = {};
  }
  space_.note_told(event_.after.walked);
}

void LockCall::meet_hole(Asked asked) {
  const bool at_once = *hole_ <= event_.addr;
  switch (locks_ ? rules_.hole_in_lock.is : rules_.hole_in_unlock.is) {
  case Hole::prefix:
    asked.pages.end = at_once ? asked.pages.start : *hole_;
    act(asked.pages);
    return succeed(asked.pages, enomem);
  case Hole::einval:
    return refuse(asked.pages, at_once ? enomem : einval);
  case Hole::enomem:
    return refuse(asked.pages, enomem);
  case Hole::skipped:
  case Hole::behind_a_locked:
    break;
  }
  if (at_once || !passes(asked.pages)) return refuse(asked.pages, enomem);
  act(asked.pages);
  succeed(asked.pages, 0);
}

/// Whether the holes go unnoticed.
bool LockCall::passes(PageRange pages) const {
  if ((locks_ ? rules_.hole_in_lock.is : rules_.hole_in_unlock.is) == Hole::skipped) return true;
  bool all = space_.at(*hole_ - 1).locked();
  if (!space_.layout.complete()) return all;
  space_.layout.visit(pages, [&](PageRange part, bool mapped) {
    if (!mapped && part.start > pages.start) all = all && space_.at(part.start - 1).locked();
  });
  return all;
}

/// The errno for a munlock that meets a page which is surely not locked; 0 if it meets none.
std::int64_t LockCall::never_locked(PageRange pages) const {
  const NeverLocked rule = rules_.never_locked.is;
  if (locks_ || rule == NeverLocked::fine) return 0;
  bool met = false;
  space_.visit(pages, [&](PageRange part, const PageLock& lock) {
    if (lock.locked()) return;
    met = met || space_.known;
    read_word(recorded_.before, part,
              [&](PageRange, std::optional<bool> told) { met = met || told.has_value(); });
  });
  return !met ? 0 : rule == NeverLocked::einval ? einval : enomem;
}

// ---- The pages ----------------------------------------------------------------------------------

/// Where locks do not stack, pages that both platforms acted on are as they were recorded: that
/// holds what was skipped, what is stubborn, and which of two calls at once came last.
void LockCall::act(PageRange pages) {
  const PageRange both = pages.intersect(acted_);
  if (terms_.counted() || both.empty()) return act_by_rule(pages);
  act_by_rule({pages.start, both.start});
  space_.change(both, [](PageRange, PageLock lock) {
    lock.count = lock.recorded ? 1 : 0;
    return lock;
  });
  act_by_rule({both.end, pages.end});
}

void LockCall::act_by_rule(PageRange pages) {
  const auto change = [&](PageRange part) {
    space_.change(part, [&](PageRange, const PageLock& lock) { return after(lock); });
  };
  if (!locks_ || !hole_ || !pages.contains(*hole_)) return change(pages);
  // Behind a hole, only what is known to be mapped. What is locked is.
  change({pages.start, *hole_});
  space_.layout.visit({*hole_, pages.end}, [&](PageRange part, bool mapped) {
    if (mapped) change(part);
  });
}

PageLock LockCall::after(PageLock lock) const {
  const std::uint16_t least = lock.stubborn ? 1 : 0;
  if (locks_) {
    if (lock.skipped) return lock;
    if (lock.count == 0 || (terms_.counted() && lock.count < most_locks)) ++lock.count;
  } else if (!terms_.counted() || lock.count <= 1) {
    lock.count = least;
  } else {
    --lock.count;
  }
  return lock;
}

/// A call that failed half way: what it left is in the words; what only the other platform rounds
/// to is as the pages beside it.
void LockCall::act_as_recorded(PageRange pages) {
  const PageRange both = pages.intersect(acted_);
  if (both.empty()) return;
  const PageLock first = space_.at(both.start);
  const PageLock last = space_.at(both.end - 1);
  const auto follow = [&](PageRange part, std::optional<bool> as) {
    space_.change(part, [&](PageRange, PageLock lock) {
      if (!lock.skipped && !lock.stubborn) lock.count = as.value_or(lock.recorded) ? 1 : 0;
      return lock;
    });
  };
  read_word(recorded_.after, both, [&](PageRange part, std::optional<bool> told) {
    if (told) follow(part, std::nullopt);
  });
  if (!recorded_.after.known()) return;
  follow({pages.start, both.start}, first.recorded);
  follow({both.end, pages.end}, last.recorded);
}

// ---- The event ----------------------------------------------------------------------------------

void LockCall::tell_before(PageRange pages) {
  if (!recorded_.before.known()) return;
  event_.before = {};
  if (terms_.always_locked()) return; // it never changes, so what was there before proves nothing
  event_.before.locked = KernelWord::Locked::none;
  event_.before.walked = pages;
  const auto gap = hole_ ? hole_ : space_.layout.first_gap(pages);
  if (gap) event_.before.walked.end = std::clamp(*gap, pages.start, pages.end);
  event_.before.grows_down = recorded_.before.grows_down;
  space_.tell(event_.before, true);
}

void LockCall::tell_after(PageRange pages) {
  event_.after = {};
  event_.after.locked = KernelWord::Locked::none;
  event_.after.walked = pages;
  event_.after.grows_down = recorded_.after.grows_down;
  space_.tell(event_.after);
}

/// It acted on these pages; `error` if it failed after that.
void LockCall::succeed(PageRange pages, std::int64_t error) {
  event_.ret = -error;
  event_.applied = pages;
  tell_after(pages);
  space_.note_told(pages);
  if (error != 0) return;
  event_.failure.reset();
  bool stubborn = false;
  space_.visit(pages,
               [&](PageRange, const PageLock& lock) { stubborn = stubborn || lock.stubborn; });
  if (!locks_ && stubborn) event_.failure = LockFailure{.secret_memory = true};
}

/// It changed nothing. `pages`: those that were asked for, if they were rounded at all.
void LockCall::refuse(PageRange pages, std::int64_t error) {
  event_.ret = -error;
  event_.applied.reset();
  tell_after(pages);
  if (pages.empty()) event_.after = {};
}

} // namespace

void translate_lock(OtherSpace& space, CallEvent& event) { LockCall(space, event).translate(); }

void translate_lock_all(OtherSpace& space, CallEvent& event) {
  if (failed(event.ret)) return;
  const Platform& rules = space.terms.rules;
  const bool works = rules.lock_all.is == LockAll::works;
  const bool lock = event.call == Call::mlockall;
  const bool current = lock && (event.flags & mcl_current) != 0;
  const bool next = lock && (event.flags & mcl_future) != 0;
  const bool kept = lock && rules.current_alone.is == CurrentAlone::keeps_future && space.future;

  space.future_recorded = next;
  space.future_known = event.enter >= space.last_all;
  space.last_all = std::max(space.last_all, event.exit);
  if (current || !lock)
    // As the ledger has it: what is not mapped or cannot be locked is found out later.
    space.change({0, Address{0} - space.terms.page.bytes()}, [&](PageRange, PageLock each) {
      each.assumed = lock && (each.assumed || !each.recorded);
      each.recorded = lock || each.stubborn;
      if (!works) return each;
      const bool locked = lock ? each.locked() || !each.skipped : each.stubborn;
      each.count = locked ? 1 : 0;
      each.soft = lock && (each.soft || !each.told);
      each.told = lock || each.stubborn;
      each.news = false;
      return each;
    });
  if (!works) {
    event.ret = -enosys;
    return;
  }
  space.future = next || kept;
  if (kept) event.flags |= mcl_future; // which is what it comes to
}

} // namespace mlockscope::model
