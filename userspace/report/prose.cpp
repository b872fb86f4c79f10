#include "report/prose.hpp"

#include <algorithm>

namespace mlockscope::report {

using model::Closed;
using model::Confidence;
using model::Kind;

std::string_view what_happened(Kind kind) {
  switch (kind) {
  case Kind::spill:
    return "unlocked bytes of another lock on the same page";
  case Kind::self_spill:
    return "unlocked more of its own lock than it asked for";
  case Kind::nested:
    return "unlocked bytes that a second lock covers as well";
  case Kind::stacked:
    return "locked a range more than once, and one unlock undid it all";
  case Kind::lockall_hole:
    return "made a hole in the memory that mlockall keeps locked";
  case Kind::lock_failed:
    return "asked for locked memory and did not get it";
  case Kind::fork:
    return "has a child with an unlocked copy of locked bytes";
  case Kind::swapped:
    return "has bytes in swap that it believes to be locked";
  }
  return "";
}

std::string_view what_happened(const model::Finding& finding) {
  const bool locked = finding.locked_after == model::KernelWord::Locked::all;
  if (finding.kind == Kind::lock_failed && locked)
    return "was refused a lock on memory that is locked";
  if (finding.kind == Kind::fork && finding.inherited && finding.inherited->owner_ended)
    return "left its child bytes that nobody has locked any more";
  return what_happened(finding.kind);
}

std::string_view why_it_happens(Kind kind) {
  switch (kind) {
  case Kind::spill:
    return "Memory is locked and unlocked by whole pages only. Both locks are on one page, so "
           "unlocking the one unlocked the other.";
  case Kind::self_spill:
    return "Memory is locked and unlocked by whole pages only. The part that was to stay locked "
           "begins or ends on a page that was unlocked.";
  case Kind::nested:
    return "Linux does not count locks: one munlock unlocks a page however many locks cover it.";
  case Kind::stacked:
    return "Linux does not count locks: the first munlock of a range undoes every mlock of it.";
  case Kind::lockall_hole:
    return "munlock unlocks its pages even if mlockall has locked them.";
  case Kind::fork:
  case Kind::lock_failed:
  case Kind::swapped:
    return "";
  }
  return "";
}

std::string_view what_helps(Kind kind) {
  switch (kind) {
  case Kind::spill:
  case Kind::self_spill:
    return "give each secret pages of its own (mmap, or a library that does so), or count the "
           "locks of each page and unlock it with the last.";
  case Kind::nested:
  case Kind::stacked:
    return "let one place own the lock of a page, count the locks, and call munlock with the last.";
  case Kind::lockall_hole:
    return "where mlockall is in use, do not call munlock; wipe the bytes and leave them locked.";
  case Kind::fork:
  case Kind::lock_failed:
  case Kind::swapped:
    return "";
  }
  return "";
}

std::string_view how_sure(Confidence confidence) {
  switch (confidence) {
  case Confidence::verified:
    return "Verified: the kernel had these pages locked before the call and not after it.";
  case Confidence::modelled:
    return "Modelled: concluded from the calls; the kernel's own word could not be read.";
  case Confidence::possible:
    return "Possible: the lock is older than the tracing, so which bytes it asked for is unknown.";
  }
  return "";
}

std::string_view how_it_closed(Closed closed) {
  switch (closed) {
  case Closed::relocked:
    return "were locked again";
  case Closed::released:
    return "were released by their own owner";
  case Closed::unmapped:
    return "were unmapped";
  case Closed::unlocked_all:
    return "were given up by munlockall";
  case Closed::ended:
    return "went with the process";
  case Closed::open:
    return "were still exposed when tracing ended";
  }
  return "";
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t hang,
                    std::size_t width) {
  std::string lines(indent, ' ');
  std::size_t column = indent;
  bool line_is_empty = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    if (!line_is_empty && column + 1 + word.size() > width) {
      lines += '\n' + std::string(indent + hang, ' ');
      column = indent + hang;
      line_is_empty = true;
    }
    if (!line_is_empty) lines += ' ';
    column += word.size() + (line_is_empty ? 0 : 1);
    lines += word;
    line_is_empty = false;
  }
  return lines + '\n';
}

} // namespace mlockscope::report
