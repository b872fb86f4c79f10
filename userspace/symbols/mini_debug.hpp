// Mini debug information: the symbol table of a stripped program, as an ELF file compressed by xz
// in its section .gnu_debugdata (GDB's manual, "MiniDebugInfo").
#pragma once

#include "symbols/elf_file.hpp"

namespace mlockscope::symbols {

/// The ELF file in it; nothing if there is none, or it is of more than 64 MiB.
[[nodiscard]] std::unique_ptr<ElfFile> open_mini_debug(const ElfFile& file);

} // namespace mlockscope::symbols
