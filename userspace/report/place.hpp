// The place in a program that a person means by "who did it".
//
// A stack begins in the C library, whose wrapper made the system call; nobody wants to read that.
// The place is the function that called it.
#pragma once

#include "model/stack.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mlockscope::report {

/// Whether a frame only passes a system call on: code of the C library, the dynamic loader or the
/// vdso, or one of the wrappers by name, which lie in the program itself if it is static.
[[nodiscard]] bool only_passes_on(const model::Frame&);

/// The index of the place: the innermost named frame that does not only pass on; else the
/// innermost named one; nothing if no frame has a name. Frames without a symbol and a module are
/// passed over: they are code made at run time, or a stack that was not understood.
[[nodiscard]] std::optional<std::size_t> place_index(const model::Stack&);
/// The frame at that index, or null. Lives as long as the stack.
[[nodiscard]] const model::Frame* place_of(const model::Stack&);

/// "keys.c:12 in wipe", "wipe+0x12 (libkeys.so.1)" or "libkeys.so.1+0x1234", escaped and without
/// folders and addresses (steady_symbol()); a symbol is cut at 200 bytes. "unknown code" for a
/// frame without a name.
[[nodiscard]] std::string place_text(const model::Frame&);
/// The same for the place of a stack; "an unknown place" if there is none.
[[nodiscard]] std::string place_text(const model::Stack&);

/// What stays the same when the same programs run again: the module's name without its folder, the
/// function and the offset in it; without a symbol the build id and the offset in the file. Never
/// an address of a process nor a path. Empty if unknown. Raw bytes: escape before showing.
[[nodiscard]] std::string fingerprint(const model::Frame&);

/// "/usr/lib/libkeys.so.1" of "/usr/lib/libkeys.so.1 (deleted)".
[[nodiscard]] std::string_view without_deleted(std::string_view path);
/// "libkeys.so.1" of "/usr/lib/libkeys.so.1 (deleted)".
[[nodiscard]] std::string_view module_name(std::string_view path);

/// A symbol as it is in every run: paths lose their folders and hexadecimal numbers ("0x7f12...")
/// their digits. Names that a compiler at run time makes up hold both.
[[nodiscard]] std::string steady_symbol(std::string_view symbol);

} // namespace mlockscope::report
