// Return addresses from a copied piece of stack, by call frame information.
//
// Libraries are compiled without frame pointers, so a chain of those ends, or goes astray, at the
// first of them. Their .eh_frame says for each instruction where the caller's registers are.
#pragma once

#include "model/user_stack.hpp"

#include <functional>
#include <memory>
#include <vector>

struct Dwarf_Frame_s;

namespace mlockscope::symbols {

struct FreeFrame {
  void operator()(Dwarf_Frame_s* frame) const;
};
using CallFrame = std::unique_ptr<Dwarf_Frame_s, FreeFrame>;

/// The call frame information that holds at an address of the process; null if there is none.
using FindCallFrame = std::function<CallFrame(model::Address)>;

struct Place {
  model::Address address = 0;
  bool exact = false; ///< of an instruction to come, not of one after a call
  [[nodiscard]] model::Address to_look_up() const { return exact ? address : address - 1; }
  bool operator==(const Place&) const = default;
};

/// Innermost first; the first is the instruction pointer. Ends at the outermost frame, where the
/// copy ends, where nothing is known of the code, or at most_frames. A step without information is
/// made by the frame pointer if that points into the copy.
[[nodiscard]] std::vector<Place> unwind(const model::StackCopy& copy, const FindCallFrame& find);

/// The better of two accounts of one stack. Addresses by frame pointers are good up to the first
/// that is no code, but for the second, which is only what was on top of the stack: it is left out
/// then. Unwound ones are cut at the first that is no code, but for the instruction pointer, and
/// preferred where they reach as far; where the copy ended in the middle of the others, those go
/// on.
[[nodiscard]] std::vector<Place> better(std::vector<Place> unwound,
                                        const std::vector<model::Address>& by_frame_pointers,
                                        const std::function<bool(model::Address)>& is_code);

} // namespace mlockscope::symbols
