// Reading a KernelWord over a range: which parts it says are locked, which not, and where it is
// silent.
#pragma once

#include "model/event.hpp"

namespace mlockscope::model {

/// Meets every page of every page size. For looking at what is known, not for setting it: its end
/// is no multiple of a page.
inline constexpr PageRange every_page{0, UINT64_MAX};

/// Calls `take(part, locked)` for every part of `range` in order; `locked` is an optional bool,
/// empty where the word says nothing.
template <class Take> void read_word(const KernelWord& word, PageRange range, Take&& take) {
  const PageRange told = word.known() ? range.intersect(word.walked) : PageRange{};
  if (told.empty()) {
    if (!range.empty()) take(range, std::optional<bool>{});
    return;
  }
  if (range.start < told.start) take(PageRange{range.start, told.start}, std::optional<bool>{});
  Address at = told.start;
  if (word.locked == KernelWord::Locked::some) {
    for (const PageRange run : word.runs) {
      const PageRange part = run.intersect(told);
      if (part.empty()) continue;
      if (at < part.start) take(PageRange{at, part.start}, std::optional<bool>{false});
      take(part, std::optional<bool>{true});
      at = part.end;
    }
    if (at < told.end) take(PageRange{at, told.end}, std::optional<bool>{false});
  } else {
    take(told, std::optional<bool>{word.locked == KernelWord::Locked::all});
  }
  if (told.end < range.end) take(PageRange{told.end, range.end}, std::optional<bool>{});
}

/// True if the word leaves no page of `range` open.
[[nodiscard]] inline bool tells_all(const KernelWord& word, PageRange range) {
  return range.empty() || (word.known() && word.walked.covers(range));
}

} // namespace mlockscope::model
