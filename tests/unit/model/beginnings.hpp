// How many stories of exposures, and of copies in children of fork, begin.
#pragma once

#include "support/story.hpp"

namespace mlockscope::test {

inline constexpr std::uint64_t page = 4096;

/// [p+100,p+132) is exposed by finding 1.
inline Story exposed() {
  Story story;
  story.lock(p, 32).lock(p + 100, 32).unlock(p, 32).told();
  return story;
}

/// [p,p+32) is locked, and the story goes on in a child that was forked then.
inline Story forked() {
  Story story;
  story.lock(p, 32).fork().in_child();
  return story;
}

/// What is said of that child if nothing else happens.
inline const std::string copied = "fork medium verified [p,p+32) to 101 of mlock [p,p+32)";

} // namespace mlockscope::test
