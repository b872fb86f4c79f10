// What each story must give. The expectations are those of docs and tests: exact, and complete.
#include "demo/demo.hpp"
#include "demo/memory.hpp"
#include "demo/stories.hpp"

#include <algorithm>
#include <array>

namespace mlockscope::demo {

std::span<const Case> cases() {
  static const std::array all{
      // One for each kind of finding: exactly that finding.
      Case{"spill", "two keys on one page: unlocking one unlocks the other", "spill", spill},
      Case{"self-spill", "unlocking the first bytes of a buffer unlocks more of it", "self-spill",
           self_spill},
      Case{"nested", "a key inside a larger locked buffer is unlocked", "nested", nested},
      Case{"stacked", "one range is locked twice and unlocked once", "stacked", stacked},
      Case{"lockall-hole", "munlock after mlockall(MCL_FUTURE) leaves a hole", "lockall-hole",
           lockall_hole},
      Case{"lock-failed", "mlock fails for RLIMIT_MEMLOCK and nobody looks", "lock-failed",
           lock_failed},
      Case{"fork", "a child gets a copy of a locked key, unlocked, and lives on", "fork", forked},
      Case{"swapped", "a key whose page was unlocked by mistake reaches the swap", "spill swapped",
           swapped},
      Case{"clean", "keys on pages of their own, kept from children", "none", clean},

      // More ways into the same mistakes, and things that look like mistakes and are not.
      Case{"zero-length", "munlock of 0 bytes at an address inside a page unlocks that page",
           "spill", zero_length},
      Case{"wrapped", "munlock of a length that wraps around succeeds and unlocks a page", "spill",
           wrapped},
      Case{"failed-unlock", "munlock fails at a hole, having unlocked the page before it", "spill",
           failed_unlock},
      Case{"moved", "as spill, after mremap moved the page", "spill", moved},
      Case{"threads", "as spill, with three threads", "spill", threads},
      Case{"stale", "a key freed but never unlocked looks like a victim: a false alarm", "spill",
           stale},
      Case{"neighbours", "two blocks of 4096 bytes: fine with 4 KiB pages only",
           page_size() == 4096 ? "none" : "spill", neighbours},
      Case{"map-locked", "a key inside a mapping made with MAP_LOCKED is unlocked", "nested",
           map_locked},
      Case{"lockall-current", "munlock after mlockall(MCL_CURRENT) leaves a hole", "lockall-hole",
           lockall_current},
      Case{"daemon", "a program locks its keys, then goes to the background by fork", "fork",
           background},
      Case{"released", "as spill, and the owner unlocks its key later", "spill", released},
      Case{"relocked", "as spill, and a later mlock of the page heals it", "spill", relocked},
      Case{"release-both", "one munlock names two keys on one page", "none", release_both},
      Case{"unlock-twice", "a key is unlocked twice", "none", unlock_twice},
  };
  return all;
}

const Case* find_case(std::string_view name) {
  const auto all = cases();
  const auto found = std::ranges::find(all, name, &Case::name);
  return found == all.end() ? nullptr : &*found;
}

} // namespace mlockscope::demo
