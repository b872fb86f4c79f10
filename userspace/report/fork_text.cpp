//   It forked process 4711, which lives on without having started another program
//   and has an unlocked copy of 32 B of a lock:
//     0x7f00deadb064-0x7f00deadb084
//     of mlock(0x7f00deadb064, 32), 1.2 ms before the fork, by the same thread
//   ...
#include "report/fork_text.hpp"

#include "report/evidence.hpp"
#include "report/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

constexpr std::size_t claims_shown = 4;

/// What is known even if the finding itself does not say.
model::Inheritance inheritance_of(const model::Finding& finding) {
  if (finding.inherited) return *finding.inherited;
  model::Inheritance made;
  made.child_pid = static_cast<std::uint32_t>(finding.call.ret);
  if (finding.victim) made.claims.push_back(*finding.victim);
  made.claims_in_all = made.claims.size();
  return made;
}

std::string copy_text(const model::Finding& finding, const model::Inheritance& inherited) {
  const std::uint64_t claims = inherited.claims_in_all;
  return fmt::format("It forked process {}, which lives on without having started another program "
                     "and has an unlocked copy of {} of {}:",
                     inherited.child_pid, size_words(finding.exposed_bytes),
                     claims > 1 ? count_words(claims, "lock") : "a lock");
}

std::string claim_lines(const model::Finding& finding, const model::Inheritance& inherited) {
  std::string text;
  const std::size_t shown = std::min(inherited.claims.size(), claims_shown);
  for (std::size_t i = 0; i < shown; ++i)
    text += victim_lines(inherited.claims[i], finding.call, "before the fork");
  if (inherited.claims_in_all > shown)
    text +=
        fmt::format("    and of {}\n", count_words(inherited.claims_in_all - shown, "more lock"));
  return text;
}

// mm/rmap.c, try_to_unmap_one: a page stays as long as one process that maps it has it locked.
std::string why(bool owner_ended) {
  const std::string locks = "A child of fork has the bytes of its parent, but none of its locks. ";
  if (owner_ended)
    return locks + "The process that locked them has ended or started another program, so nobody "
                   "has them locked any more: they can be written to swap now, and for the rest of "
                   "the child's life.";
  return locks +
         "The two share each page until one of them writes to it or its lock ends; from then "
         "on the child's can be written to swap.";
}

std::string_view how_sure(model::Confidence confidence) {
  switch (confidence) {
  case model::Confidence::verified:
    return "Verified: the kernel's list of the child's mappings has these bytes as a private copy "
           "that is not locked.";
  case model::Confidence::modelled:
    return "Modelled: that the parent had these bytes locked is concluded from the calls.";
  case model::Confidence::possible:
    return "Possible: the lock is older than the tracing, so which bytes it asked for is unknown.";
  }
  return "";
}

std::string_view help_text(bool owner_ended) {
  if (owner_ended)
    return "What helps: lock secrets after the last fork, in the process that stays (daemon(3) "
           "forks as well). From a child that does not need them, madvise(MADV_WIPEONFORK) or "
           "MADV_DONTFORK keeps them away.";
  return "What helps: keep secrets from children with madvise(MADV_WIPEONFORK) or MADV_DONTFORK, "
         "or lock them after the fork. A child that needs them must lock its copy itself.";
}

} // namespace

std::string fork_text(const model::Finding& finding) {
  const model::Inheritance inherited = inheritance_of(finding);
  return paragraph(copy_text(finding, inherited)) + exposed_lines(finding) +
         claim_lines(finding, inherited) + paragraph(why(inherited.owner_ended)) +
         paragraph(how_sure(finding.confidence)) + paragraph(help_text(inherited.owner_ended));
}

} // namespace mlockscope::report
