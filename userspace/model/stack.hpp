// Where in a program's code something was done.
//
// In the kernel a stack is a list of addresses (UserStack); with names it is a Stack. The model
// itself only passes the number of a stack on, from the call to the finding.
#pragma once

#include "model/memory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mlockscope::model {

/// A user stack of one address space, numbered by the tracer; `none`: not captured.
enum class StackId : std::uint64_t { none = 0 };

/// One place in a stack. What is unknown is empty. All text is hostile, and bounded.
struct Frame {
  Address addr = 0;
  std::optional<std::string> symbol; ///< demangled
  std::uint64_t offset = 0;          ///< of addr in the function, bytes
  std::optional<std::string> module; ///< path of the file, as /proc/PID/maps has it
  std::uint64_t module_offset = 0;   ///< of addr in the file as the ELF file numbers addresses
  std::string build_id;              ///< raw bytes of NT_GNU_BUILD_ID
  std::optional<std::string> file;   ///< source file
  std::uint32_t line = 0;            ///< counted from 1; 0: unknown
  bool operator==(const Frame&) const = default;
};

/// With names, innermost first; empty: unknown.
using Stack = std::vector<Frame>;

} // namespace mlockscope::model
