// Page faults and pages in swap, held against the books.
#include "model/fault.hpp"

#include "model/linux_abi.hpp"

namespace mlockscope::model {
namespace {

PageRange page_of(const Ledger& ledger, Address addr) {
  const Address start = ledger.shared.page.down(addr);
  return {start, start + ledger.shared.page.bytes()};
}

FaultReading::Cause cause_of(const FaultEvent& event, bool locked, bool seen_in_swap) {
  using enum FaultReading::Cause;
  if (event.from_swap) return swap_in;
  if (!event.present) return unknown;
  if (*event.present) return event.write ? copy_on_write : unknown;
  if (locked) return first_touch; // mlock reads in all its pages, MLOCK_ONFAULT leaves it to this
  return seen_in_swap ? swap_in : unknown;
}

/// The newest claim on the page.
void read_claim(const Ledger& ledger, PageRange page, FaultReading& reading) {
  std::optional<Piece> newest;
  ledger.claims.visit(bytes_of(page), [&](const Piece& piece) {
    if (!newest || piece.age > newest->age) newest = piece;
    return true;
  });
  if (!newest) return;
  const Claim& claim = ledger.claims[newest->owner];
  reading.requested = claim.request;
  reading.applied =
      ledger.shared.page.around({claim.head, claim.head + claim.request.size()}); // moved or not
}

} // namespace

std::optional<FaultReading> read_fault(const Ledger& ledger, const FaultEvent& event) {
  const PageRange page = page_of(ledger, event.addr);
  if (page.empty()) return std::nullopt;
  const bool locked = ledger.pages.at(page.start).locked;
  const bool exposed = ledger.exposures.meet(bytes_of(page));
  if (!locked && !exposed) return std::nullopt;
  FaultReading reading;
  reading.where = exposed ? FaultReading::Where::exposed : FaultReading::Where::locked;
  reading.cause = cause_of(event, locked, ledger.exposures.seen_in_swap(bytes_of(page)));
  read_claim(ledger, page, reading);
  return reading;
}

void judge_swap(Ledger& ledger, const SwapEvent& event) {
  if (event.inferred && ledger.moved) return;
  for (const Exposures::Swapped& each : ledger.exposures.note_swap(event.pages, event.time)) {
    Finding finding;
    finding.kind = Kind::swapped;
    finding.severity = Severity::critical;
    // After a loss nobody knows whether the owner has released the bytes since.
    const bool forgotten = !each.opening.claim && !each.opening.lock_all;
    finding.confidence = forgotten        ? Confidence::possible
                         : event.inferred ? Confidence::modelled
                                          : Confidence::verified;
    finding.space = ledger.id;
    finding.call = each.opening.call;
    finding.victim = ledger.victim_of(each.opening);
    finding.exposed = each.ranges;
    for (const ByteRange& range : finding.exposed) finding.exposed_bytes += range.size();
    finding.opener = each.opening.finding;
    finding.seen_in_swap = event.time;
    ledger.shared.give(finding);
  }
}

} // namespace mlockscope::model
