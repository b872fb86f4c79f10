// A block between the thread that traces and the one that writes.
#pragma once

#include "recording/format.hpp"

#include <string>

namespace mlockscope::recording {

struct Block {
  format::Kind kind = format::Kind::entries;
  std::uint32_t entries = 0; ///< messages of type Entry, those that tell callers included
  std::string raw;           ///< part of a message of type Recording
};

} // namespace mlockscope::recording
