// The stories; cases.cpp says of each what it must give. They return 0 or skipped.
#pragma once

namespace mlockscope::demo {

// stories_unlock.cpp: one munlock, and whose pages it took
int spill();
int self_spill();
int nested();
int stacked();
int zero_length();
int wrapped();
int neighbours();
int release_both();
int unlock_twice();
int released();
int relocked();
int stale();

// stories_calls.cpp: the other calls
int clean();
int lockall_hole();
int lockall_current();
int lock_failed();
int map_locked();
int moved();
int failed_unlock();

// stories_process.cpp: threads, children, swap
int threads();
int forked();
int background();
int swapped();

} // namespace mlockscope::demo
