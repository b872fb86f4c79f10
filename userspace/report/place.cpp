#include "report/place.hpp"

#include "report/text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using model::Frame;
using model::Stack;

constexpr std::size_t symbol_shown = 200;
constexpr std::size_t symbol_read = 4096;

/// Wrappers of system calls, without leading underscores. In a dynamic program they are in the C
/// library. Go makes its system calls itself.
constexpr std::array wrappers{"mlock",
                              "mlock2",
                              "munlock",
                              "mlockall",
                              "munlockall",
                              "mmap",
                              "mmap64",
                              "syscall",
                              "fork",
                              "libc_fork",
                              "vfork",
                              "libc_vfork",
                              "clone",
                              "Fork",
                              "arch_fork",
                              "internal/runtime/syscall.Syscall6",
                              "runtime/internal/syscall.Syscall6",
                              "syscall.RawSyscall6",
                              "syscall.RawSyscall",
                              "syscall.Syscall6",
                              "syscall.Syscall",
                              "syscall.Mlock",
                              "syscall.Munlock",
                              "golang.org/x/sys/unix.Mlock",
                              "golang.org/x/sys/unix.Munlock",
                              "golang.org/x/sys/unix.Mlockall"};

bool is_c_library(std::string_view name) {
  if (name == "[vdso]" || name == "libc.so" || name == "linux-vdso.so.1") return true;
  if (name.starts_with("ld-linux") || name.starts_with("ld-musl")) return true;
  if (name.starts_with("libc.so.") || name.starts_with("libc.musl-")) return true;
  const bool versioned = name.ends_with(".so"); // libc-2.31.so, libpthread-2.31.so, ld-2.31.so
  if (versioned && (name.starts_with("libc-2.") || name.starts_with("ld-2."))) return true;
  return name.starts_with("libpthread.so.") || (versioned && name.starts_with("libpthread-"));
}

bool is_wrapper(std::string_view symbol) {
  symbol = symbol.substr(0, symbol.find('@')); // mlock@@GLIBC_2.2.5
  if (symbol.starts_with("__libc_")) symbol.remove_prefix(7);
  symbol.remove_prefix(std::min(symbol.find_first_not_of('_'), symbol.size()));
  return std::find(wrappers.begin(), wrappers.end(), symbol) != wrappers.end();
}

bool has_name(const Frame& frame) {
  return (frame.symbol && !frame.symbol->empty()) || (frame.module && !frame.module->empty());
}

/// Offsets in memory that is not of a file differ from run to run.
bool is_file(std::string_view module) { return !module.empty() && module.front() != '['; }

std::string shown_symbol(std::string_view raw) {
  const std::string symbol = steady_symbol(raw.substr(0, symbol_read));
  if (symbol.size() <= symbol_shown) return escape(symbol);
  std::size_t end = symbol_shown;
  while (end > 0 && (static_cast<unsigned char>(symbol[end]) & 0xC0) == 0x80) --end;
  return escape(std::string_view(symbol).substr(0, end)) + "...";
}

/// The last part of a path; of other words all.
std::string_view without_folders(std::string_view word) {
  const bool path = word.starts_with('/') || word.find("://") != word.npos;
  return path ? word.substr(word.rfind('/') + 1) : word;
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string without_hex(std::string_view text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    kept += text[i];
    if (text[i] != 'x' || i == 0 || text[i - 1] != '0') continue;
    while (i + 1 < text.size() && is_hex_digit(text[i + 1])) ++i;
  }
  return kept;
}

} // namespace

std::string_view without_deleted(std::string_view path) {
  constexpr std::string_view deleted = " (deleted)"; // fs/d_path.c, path_with_deleted()
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  return path;
}

std::string_view module_name(std::string_view path) {
  path = without_deleted(path);
  return path.substr(path.rfind('/') + 1);
}

bool only_passes_on(const Frame& frame) {
  if (frame.module && is_c_library(module_name(*frame.module))) return true;
  return frame.symbol && is_wrapper(*frame.symbol);
}

std::optional<std::size_t> place_index(const Stack& stack) {
  std::optional<std::size_t> innermost;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    if (!has_name(stack[i])) continue;
    if (!only_passes_on(stack[i])) return i;
    if (!innermost) innermost = i;
  }
  return innermost;
}

const Frame* place_of(const Stack& stack) {
  const auto index = place_index(stack);
  return index ? &stack[*index] : nullptr;
}

std::string place_text(const Frame& frame) {
  const std::string module = frame.module ? escape(module_name(*frame.module)) : "";
  const bool named = frame.symbol && !frame.symbol->empty();
  if (frame.file && frame.line != 0) {
    const std::string line = fmt::format(
        "{}:{}", escape(std::string_view(*frame.file).substr(frame.file->rfind('/') + 1)),
        frame.line);
    return named ? line + " in " + shown_symbol(*frame.symbol) : line;
  }
  if (named) {
    const std::string function = fmt::format("{}+{:#x}", shown_symbol(*frame.symbol), frame.offset);
    return module.empty() ? function : function + " (" + module + ")";
  }
  if (module.empty()) return "unknown code";
  // In memory without a file the offset would be an address.
  return is_file(module) ? fmt::format("{}+{:#x}", module, frame.module_offset) : module;
}

std::string place_text(const Stack& stack) {
  const Frame* place = place_of(stack);
  return place != nullptr ? place_text(*place) : "an unknown place";
}

std::string fingerprint(const Frame& frame) {
  const std::string_view module = frame.module ? module_name(*frame.module) : std::string_view();
  if (frame.symbol && !frame.symbol->empty())
    return fmt::format("{} {}+{:#x}", steady_symbol(module), steady_symbol(*frame.symbol),
                       frame.offset);
  if (!is_file(module) || frame.module->starts_with("//")) return {};
  return fmt::format("{} {}+{:#x}", steady_symbol(module), hex_digits(frame.build_id),
                     frame.module_offset);
}

std::string steady_symbol(std::string_view symbol) {
  std::string steady;
  while (!symbol.empty()) {
    const std::string_view word = symbol.substr(0, symbol.find(' '));
    symbol.remove_prefix(word.size());
    steady += without_folders(word);
    if (symbol.empty()) break;
    steady += ' ';
    symbol.remove_prefix(1);
  }
  return without_hex(steady);
}

} // namespace mlockscope::report
