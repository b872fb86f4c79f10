// What this host allows, and in plain words what is missing and how to get it.
#pragma once

#include "util/result.hpp"

#include <string>
#include <vector>

namespace mlockscope::capture {

/// One thing that tracing needs or that explains how it will work.
struct Check {
  enum class State { good, note, missing };
  State state = State::good;
  std::string what;   ///< "root privileges", "kernel BTF"
  std::string detail; ///< what was found
  std::string hint;   ///< for `missing`: how to get it
};

/// All checks that can be made without loading a program, cheap ones first.
[[nodiscard]] std::vector<Check> check_environment();

/// The first thing that is missing, as the one line the user gets.
[[nodiscard]] util::Status check_possible();

/// What helps when a BPF call failed with this errno.
[[nodiscard]] std::string privilege_hint(int error_number);

} // namespace mlockscope::capture
