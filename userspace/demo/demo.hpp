// A small program that commits the mistakes, so that there is something to see on any machine, and
// whose every case says which findings it must give, so that a tracer can be checked against it.
//
// The memory is mapped for each case, never from malloc, and the mlock calls seen here are all
// there are. What a case does is said on stderr; stdout stays the tracer's.
#pragma once

#include <cstdio>
#include <span>
#include <string_view>

namespace mlockscope::demo {

/// Exit status of a case that cannot be shown on this machine; it has said why.
inline constexpr int skipped = 77;

struct Case {
  std::string_view name;
  std::string_view about;   ///< what it does, one line
  std::string_view expects; ///< the kinds of all its findings, with blanks between, or "none"
  int (*act)();             ///< does it; 0 or skipped. Throws a std::exception if it cannot
};

/// All cases: first one for each kind of finding, then the others.
[[nodiscard]] std::span<const Case> cases();
/// The case of that name, or nothing.
[[nodiscard]] const Case* find_case(std::string_view name);

/// Runs one case in this process. 0, skipped, or 1 if it could not be done (the reason is said).
int run_case(const Case&);
/// Runs every case, each in a process of its own. 0, or 1 if one could not be done.
int run_all();
/// Name, expected findings and description of every case, a line each.
void print_list(std::FILE* out);

} // namespace mlockscope::demo
