//   munlock(0x7f00deadb000, 32) unlocked the bytes (finding #1), and 1.5 s later
//   the kernel had their memory in swap. 32 B that should have stayed locked may
//   be on the disk now:
//     0x7f00deadb064-0x7f00deadb084
//     of mlock(0x7f00deadb064, 32), 1.2 ms before the unlock, by the same thread
//   ...
#include "report/swapped_text.hpp"

#include "report/call_text.hpp"
#include "report/evidence.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

namespace mlockscope::report {
namespace {

std::string number(const model::Finding& finding) {
  if (!finding.opener) return "";
  return fmt::format("finding #{}", static_cast<std::uint64_t>(*finding.opener));
}

std::string seen_text(const model::Finding& finding) {
  const std::string opener = number(finding);
  std::string text = call_text(finding.call) + " unlocked the bytes";
  if (!opener.empty()) text += " (" + opener + ")";
  const bool timed = finding.seen_in_swap && *finding.seen_in_swap >= finding.call.time;
  text += timed ? ", and " + duration(*finding.seen_in_swap - finding.call.time) + " later"
                : ", and later";
  return text +
         fmt::format(
             " the kernel had their memory in swap. {} that should have stayed locked may be "
             "on the disk now:",
             size_words(finding.exposed_bytes));
}

std::string_view how_sure(model::Confidence confidence) {
  switch (confidence) {
  case model::Confidence::verified:
    return "Verified: the kernel's page table had these pages in swap, or a page fault read them "
           "back from there.";
  case model::Confidence::modelled:
    return "Modelled: the kernel wrote the page that belongs at this address to swap; its page "
           "table could not be looked at in time.";
  case model::Confidence::possible:
    return "Possible: the lock is older than the tracing, so which bytes it asked for is unknown.";
  }
  return "";
}

std::string help_text(const model::Finding& finding) {
  const std::string opener = number(finding);
  return "What helps: treat what these bytes held as disclosed, and replace it: the key, the "
         "password" +
         (opener.empty() ? "" : "; then see to " + opener) +
         ". Encrypted swap, or none, limits the damage of the next mistake of this kind.";
}

} // namespace

std::string swapped_text(const model::Finding& finding) {
  std::string text = paragraph(seen_text(finding)) + exposed_lines(finding);
  if (finding.victim) text += victim_lines(*finding.victim, finding.call, "before the unlock");
  // A slot in swap is freed, not wiped, when its page is read back or given up.
  text += paragraph("The kernel may write an unlocked page to swap at any time. What it wrote "
                    "stays on the disk, even after the program has ended, until something else is "
                    "written there; locking or wiping the memory does not change that.");
  return text + paragraph(how_sure(finding.confidence)) + paragraph(help_text(finding));
}

} // namespace mlockscope::report
