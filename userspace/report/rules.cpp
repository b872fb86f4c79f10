// darwin: macOS
//   unaligned address   rounded to whole pages            osfmk/vm/vm_sanitize.c ...
//   stacking            counted: one munlock undoes one   osfmk/vm/vm_map.c ...
#include "report/rules.hpp"

#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::report {
namespace {

using namespace model;

std::string words(Unaligned rule) {
  return rule == Unaligned::rounds ? "rounded to whole pages" : "EINVAL";
}

std::string words(ZeroLength rule) {
  switch (rule) {
  case ZeroLength::rounds:
    return "one page if the address is unaligned";
  case ZeroLength::nothing:
    return "does nothing";
  case ZeroLength::einval:
    return "EINVAL";
  case ZeroLength::unlock_rounds:
    break;
  }
  return "mlock: nothing; munlock: as rounded";
}

std::string words(Wrap rule) {
  switch (rule) {
  case Wrap::silent:
    return "may wrap to something short";
  case Wrap::einval:
    return "EINVAL";
  case Wrap::enomem:
    return "ENOMEM";
  case Wrap::unlock_nothing:
    break;
  }
  return "mlock: EINVAL; munlock: nothing";
}

std::string words(Stacking rule) {
  return rule == Stacking::flat ? "one munlock undoes all locks" : "counted: one undoes one";
}

std::string words(Hole rule) {
  switch (rule) {
  case Hole::prefix:
    return "ENOMEM; done up to the hole";
  case Hole::enomem:
    return "ENOMEM; nothing is changed";
  case Hole::einval:
    return "EINVAL; nothing is changed";
  case Hole::skipped:
    return "the hole is skipped";
  case Hole::behind_a_locked:
    break;
  }
  return "skipped behind a locked page, else ENOMEM";
}

std::string words(NeverLocked rule) {
  switch (rule) {
  case NeverLocked::fine:
    return "no error";
  case NeverLocked::einval:
    return "EINVAL; nothing is unlocked";
  case NeverLocked::enomem:
    break;
  }
  return "an error; nothing is unlocked";
}

std::string words(LockAll rule) { return rule == LockAll::works ? "works" : "ENOSYS"; }

std::string words(CurrentAlone rule) {
  return rule == CurrentAlone::cancels_future ? "ends MCL_FUTURE" : "keeps MCL_FUTURE";
}

std::string words(Memory rule) {
  return rule == Memory::pageable ? "may be swapped" : "is always locked";
}

std::string words(std::uint64_t granule) { return granule == 0 ? "a page" : size_words(granule); }

template <class Value> std::string line(std::string_view name, const Rule<Value>& rule) {
  if (!rule.stated()) return fmt::format("  {:<19} {}\n", name, rule.source);
  return fmt::format("  {:<19} {:<42} {}\n", name, words(rule.is), rule.source);
}

} // namespace

std::string rules_text(const Platform& platform) {
  return fmt::format("{}: {}\n", platform.name, platform.title) +
         line("unaligned address", platform.unaligned) + line("length 0", platform.zero_length) +
         line("wrap-around", platform.wrap) + line("stacking", platform.stacking) +
         line("hole, mlock", platform.hole_in_lock) +
         line("hole, munlock", platform.hole_in_unlock) +
         line("munlock of unlocked", platform.never_locked) + line("unit", platform.granule) +
         line("mlockall", platform.lock_all) + line("MCL_CURRENT alone", platform.current_alone) +
         line("other memory", platform.memory) + "\n";
}

} // namespace mlockscope::report
