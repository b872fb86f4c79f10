// What is known of a finding beside the verdict: whose it is, where in the code, and how often.
#pragma once

#include "model/process.hpp"
#include "model/stack.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mlockscope::report {

/// A group's number, made of the kind and both places: equal in every run of the same programs.
enum class GroupId : std::uint64_t {};

struct Context {
  model::ProcessInfo process{};
  model::Stack call_stack{};   ///< of the call the finding is about: who unlocked
  model::Stack victim_stack{}; ///< of the earlier lock: who had locked the bytes
  /// Findings of the same kind from the same two places; nothing if the places are not known.
  std::optional<GroupId> group{};
  std::uint64_t nth = 1; ///< of its group, counted from 1
  /// The suppression that matched: its name, or its place, "FILE:LINE".
  std::optional<std::string> suppressed_by{};
};

} // namespace mlockscope::report
