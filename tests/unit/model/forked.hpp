// The beginning of most stories of copies in children of fork.
#pragma once

#include "support/story.hpp"

namespace mlockscope::test {

inline constexpr std::uint64_t page = 4096;

/// [p,p+32) is locked, and the story goes on in a child that was forked then.
inline Story forked() {
  Story story;
  story.lock(p, 32).fork().in_child();
  return story;
}

/// What is said of that child if nothing else happens.
inline const std::string copied = "fork medium verified [p,p+32) to 101 of mlock [p,p+32)";

} // namespace mlockscope::test
