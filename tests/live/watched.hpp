// What tracers with options of their own see of one program: records as they come, decoded and no
// more.
#pragma once

#include "support.hpp"

#include "capture/tracer.hpp"
#include "decode/decode.hpp"
#include "model/user_stack.hpp"

#include <map>
#include <set>

namespace mlockscope::live {

struct Seen {
  std::vector<model::CallEvent> calls; ///< lock calls
  std::vector<model::UserStack> told;
  std::map<model::StackId, model::UserStack> stacks; ///< as they were last told
  std::size_t untold = 0; ///< calls that named a stack which no record before had told
  std::vector<decode::Code> code;
  std::size_t bare = 0; ///< addresses of stacks that were in no mapping told before them
  capture::Counters counters;
};

struct Watched {
  std::vector<Seen> seen; ///< by each tracer
  Json account;           ///< the program's own
};

/// Runs a program under so many tracers at once, to its end. With `late`, nothing is read from the
/// ring before that.
[[nodiscard]] Watched watch(const std::vector<capture::TracerOptions>&, const Words& command,
                            bool late = false);

} // namespace mlockscope::live
