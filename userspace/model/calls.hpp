// What each call does to the books of its address space. Every function takes a finished call, with
// its request as read_request() gives it, and leaves the books as they stand after it.
#pragma once

#include "model/ledger.hpp"
#include "model/request.hpp"

namespace mlockscope::model {

/// mlock, mlock2.
void apply_lock(Ledger&, const CallEvent&, const Request&);
void apply_mlockall(Ledger&, const CallEvent&);
void apply_munlockall(Ledger&, const CallEvent&);
/// munlock, with the verdicts on it.
void apply_munlock(Ledger&, const CallEvent&, const Request&);

void apply_mmap(Ledger&, const CallEvent&);
void apply_munmap(Ledger&, const CallEvent&);
void apply_mremap(Ledger&, const CallEvent&);
void apply_brk(Ledger&, const CallEvent&);
void apply_shmat(Ledger&, const CallEvent&);
void apply_shmdt(Ledger&, const CallEvent&);

/// Pages that a call unlocked.
struct UnlockedPages {
  PageRange pages;
  std::uint32_t cover = 0; ///< the lock-all that covers them
  bool verified = false;   ///< the kernel said that they were locked and that they are not
  bool foreign = false;    ///< locked by a call that the model has not seen
};

/// Sets the pages of a lock call to the kernel's word, or by the rules where there is none; returns
/// those it unlocked, ascending.
std::vector<UnlockedPages> follow_lock_call(Ledger&, const CallEvent&, PageRange applied);

} // namespace mlockscope::model
