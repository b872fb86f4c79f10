#include "model/calls.hpp"
#include "model/linux_abi.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

PageState after_locking(PageState state, const CallEvent& event, bool told) {
  state.by_word = told || (state.locked && state.by_word);
  state.locked = true;
  state.assumed = false;
  if (tells_stubborn(event) && !event.overlapped) state.stubborn = true;
  return state;
}

} // namespace

std::vector<UnlockedPages> follow_lock_call(Ledger& ledger, const CallEvent& event,
                                            PageRange applied) {
  std::vector<UnlockedPages> unlocked;
  const bool done = !failed(event.ret);
  read_word(event.after, applied, [&](PageRange told_part, std::optional<bool> told) {
    if (!told && (!done || event.overlapped) && !interrupted(event.ret)) ledger.mark_partial();
    if (!told && !done) return;
    const bool locked = told ? *told : event.call != Call::munlock;
    ledger.set(told_part, event.exit, [&](PageRange part, const PageState& state) {
      if (locked) return after_locking(state, event, told.has_value());
      if (state.locked)
        unlocked.push_back({.pages = part,
                            .cover = state.cover,
                            .verified = told && state.by_word && !event.overlapped,
                            .foreign = state.foreign});
      return state.unlocked();
    });
  });
  return unlocked;
}

void apply_lock(Ledger& ledger, const CallEvent& event, const Request& request) {
  if (!request.applied) return;
  if (!ledger.learn(event, *request.applied)) ledger.note_divergence();
  follow_lock_call(ledger, event, *request.applied);
  if (!failed(event.ret) && request.requested) ledger.claim(*request.requested, event);
}

// mm/mlock.c, apply_mlockall_flags(): the flags for mappings to come are reset by every mlockall;
// MCL_CURRENT then walks all mappings and ignores those that cannot be locked.
void apply_mlockall(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  if (event.overlapped) ledger.mark_partial(); // no word tells which call came first
  const std::uint32_t made = ledger.lock_alls.add({event.exit, event.caller.tid, event.stack},
                                                  ledger.pages, ledger.future);
  ledger.set_future((event.flags & mcl_future) != 0 ? made : 0, event);
  if ((event.flags & mcl_current) == 0) return;
  ledger.wants_snapshot = true; // which mappings there are, and which of them could be locked
  const PageRange all{0, Address{0} - ledger.shared.page.bytes()};
  ledger.set(all, event.exit, [made](PageRange, PageState state) {
    state.assumed = state.assumed || !state.locked;
    state.locked = true;
    state.cover = made;
    return state;
  });
}

void apply_munlockall(Ledger& ledger, const CallEvent& event) {
  if (failed(event.ret)) return;
  ledger.drop_claims();
  ledger.close_all(Closed::unlocked_all, event.exit);
  ledger.pages.change(every_page, [](PageRange, PageState state) {
    if (!state.stubborn) return PageState{};
    state.cover = 0;
    return state;
  });
  ledger.lock_alls.clear();
  ledger.set_future(0, event);
  ledger.claims_missing = false;
  if (event.overlapped) ledger.mark_partial();
}

} // namespace mlockscope::model
