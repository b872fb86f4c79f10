// The process between the tracer and the helper: it has the tracer's privileges, opens files and
// passes them on, and keeps the helper at work within its time. It parses no file.
#pragma once

#include "symbols/resolver.hpp"
#include "util/fd.hpp"

namespace mlockscope::symbols {

/// Serves the resolver at the other end of `socket` until that is closed.
void run_broker(util::Fd socket, const Resolver::Options& options);

} // namespace mlockscope::symbols
