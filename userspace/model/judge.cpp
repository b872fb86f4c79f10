// munlock, step by step, as the semantics have it: release what the caller named, unlock what the
// kernel unlocked, and say whose bytes were unlocked without their owners asking.
//
// A page that was locked before the call holds no exposed byte. So what a claim loses, "less what
// was exposed already and less what was not locked", is what it has on the pages that this very
// call unlocked; if there are none, no claim is looked at, however many there are.
#include "model/calls.hpp"
#include "model/linux_abi.hpp"

#include <span>

namespace mlockscope::model {
namespace {

using namespace linux_abi;

/// Bytes of one claim on unlocked pages.
struct Hit {
  Piece piece; ///< the whole piece
  ByteRange bytes;
  bool verified = false;
};

/// One claim's hits.
struct Loser {
  std::span<const Hit> hits;
  [[nodiscard]] Claims::Number claim() const { return hits.front().piece.owner; }
};

void append(std::vector<ByteRange>& ranges, ByteRange next) {
  if (!ranges.empty() && ranges.back().end == next.start)
    ranges.back().end = next.end;
  else
    ranges.push_back(next);
}

std::uint64_t total(const std::vector<ByteRange>& ranges) {
  std::uint64_t bytes = 0;
  for (const ByteRange range : ranges) bytes += range.size();
  return bytes;
}

class Judge {
public:
  Judge(Ledger& ledger, const CallEvent& event, const Request& request)
      : ledger_(ledger), event_(event), request_(request),
        named_(request.requested.value_or(ByteRange{})) {}

  void release();
  void judge(const std::vector<UnlockedPages>& unlocked);

private:
  void judge_claims(const std::vector<UnlockedPages>&);
  void judge_claim(const Loser&);
  void judge_lock_all(const std::vector<UnlockedPages>&);
  void judge_unknown(const std::vector<UnlockedPages>&);
  void append_unclaimed(std::vector<ByteRange>&, ByteRange) const;

  [[nodiscard]] std::vector<Loser> losers(std::vector<Hit>&) const;
  [[nodiscard]] Kind kind_of(const Loser&) const;
  [[nodiscard]] bool trimmed(Claims::Number) const;
  [[nodiscard]] Finding draft(Kind, Severity, Confidence) const;
  bool give(Finding&);
  void expose(const Finding&, std::optional<Claims::Number>, std::optional<LockAlls::Made>);

  Ledger& ledger_;
  const CallEvent& event_;
  const Request& request_;
  const ByteRange named_;     ///< Q; empty if the call names no byte
  std::vector<Loss> trimmed_; ///< what step 1 took from claims that were not released whole
  std::size_t given_ = 0;
};

/// Step 1.
void Judge::release() {
  Claims& claims = ledger_.claims;
  if (named_.empty() || claims.empty()) return;
  const std::size_t before = claims.size();
  if (const auto released = claims.release_exactly(named_)) {
    ledger_.close_of(*released, named_, Closed::released, event_.exit);
  } else {
    claims.cut(named_, trimmed_);
    for (const Loss& loss : trimmed_)
      ledger_.close_of(loss.claim, loss.bytes, Closed::released, event_.exit);
    std::sort(trimmed_.begin(), trimmed_.end(),
              [](const Loss& a, const Loss& b) { return a.claim < b.claim; });
  }
  ledger_.shared.totals.claims -= before - claims.size();
}

/// Steps 3 and 4, and the possible losses of callers that were not seen.
void Judge::judge(const std::vector<UnlockedPages>& unlocked) {
  const auto any = [&](auto&& is) { return std::any_of(unlocked.begin(), unlocked.end(), is); };
  judge_claims(unlocked);
  if (any([](const UnlockedPages& part) { return part.cover != 0; })) judge_lock_all(unlocked);
  if (any([](const UnlockedPages& part) { return part.foreign; })) judge_unknown(unlocked);
}

void Judge::judge_claims(const std::vector<UnlockedPages>& unlocked) {
  if (ledger_.claims.empty()) return;
  std::vector<Hit> hits;
  for (const UnlockedPages& part : unlocked)
    ledger_.claims.visit(bytes_of(part.pages), [&](const Piece& piece) {
      hits.push_back({piece, piece.bytes.intersect(bytes_of(part.pages)), part.verified});
      return true;
    });
  for (const Loser& loser : losers(hits)) judge_claim(loser);
}

/// Groups the hits by claim; claims by the first byte they lost, then by age.
std::vector<Loser> Judge::losers(std::vector<Hit>& hits) const {
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
    return std::pair(a.piece.age, a.bytes.start) < std::pair(b.piece.age, b.bytes.start);
  });
  std::vector<Loser> found;
  for (auto from = hits.begin(); from != hits.end();) {
    const auto to = std::find_if(from, hits.end(),
                                 [&](const Hit& hit) { return hit.piece.age != from->piece.age; });
    found.push_back({std::span<const Hit>(from, to)});
    from = to;
  }
  std::stable_sort(found.begin(), found.end(), [](const Loser& a, const Loser& b) {
    return a.hits.front().bytes.start < b.hits.front().bytes.start;
  });
  return found;
}

bool Judge::trimmed(Claims::Number claim) const {
  const auto at =
      std::lower_bound(trimmed_.begin(), trimmed_.end(), claim,
                       [](const Loss& loss, auto number) { return loss.claim < number; });
  return at != trimmed_.end() && at->claim == claim;
}

Kind Judge::kind_of(const Loser& loser) const {
  const auto inside = [&](const Hit& hit) { return hit.bytes.meets(named_); };
  if (std::any_of(loser.hits.begin(), loser.hits.end(), inside)) {
    const bool whole = ledger_.claims[loser.claim()].pieces == 1;
    return whole && loser.hits.front().piece.bytes == named_ ? Kind::stacked : Kind::nested;
  }
  return trimmed(loser.claim()) ? Kind::self_spill : Kind::spill;
}

Finding Judge::draft(Kind kind, Severity severity, Confidence confidence) const {
  Finding finding;
  finding.kind = kind;
  finding.severity = severity;
  finding.confidence = confidence;
  finding.space = ledger_.id;
  finding.call = call_site(event_, request_.applied);
  finding.victim.emplace();
  return finding;
}

/// Gives the finding out, unless this call has given enough of them.
bool Judge::give(Finding& finding) {
  if (given_ >= ledger_.shared.limits.findings_per_call) {
    ++ledger_.shared.totals.findings_dropped;
    return false;
  }
  ++given_;
  finding.exposed_bytes = total(finding.exposed);
  ledger_.shared.give(finding);
  return true;
}

void Judge::expose(const Finding& finding, std::optional<Claims::Number> claim,
                   std::optional<LockAlls::Made> lock_all) {
  ledger_.exposures.open(
      {.finding = finding.id, .claim = claim, .lock_all = lock_all, .call = finding.call},
      finding.exposed);
  ++ledger_.shared.totals.exposures;
}

void Judge::judge_claim(const Loser& loser) {
  const Kind kind = kind_of(loser);
  // If claims are missing, what looks like a part of this claim may have been one of those.
  const bool doubtful = ledger_.claims_missing && trimmed(loser.claim());
  const bool verified = !doubtful && std::all_of(loser.hits.begin(), loser.hits.end(),
                                                 [](const Hit& hit) { return hit.verified; });
  Finding finding = draft(kind, kind == Kind::stacked ? Severity::medium : Severity::high,
                          verified ? Confidence::verified : Confidence::modelled);
  for (const Hit& hit : loser.hits) append(finding.exposed, hit.bytes);
  finding.victim = ledger_.victim_of(loser.claim());
  if (give(finding)) expose(finding, loser.claim(), std::nullopt);
}

void Judge::judge_lock_all(const std::vector<UnlockedPages>& unlocked) {
  Finding finding = draft(Kind::lockall_hole, Severity::medium, Confidence::verified);
  LockAlls::Made made;
  for (const UnlockedPages& part : unlocked) {
    if (part.cover == 0) continue;
    if (finding.exposed.empty()) made = ledger_.lock_alls[part.cover];
    append(finding.exposed, bytes_of(part.pages));
    if (!part.verified) finding.confidence = Confidence::modelled;
  }
  finding.victim = Victim{.request = {},
                          .now = {},
                          .call = Call::mlockall,
                          .locked_at = made.at,
                          .tid = made.tid,
                          .stack = made.stack};
  if (give(finding)) expose(finding, std::nullopt, made);
}

/// What rounding unlocked on pages that someone locked before the model was there: it may have been
/// a neighbour's, and nobody knows.
void Judge::judge_unknown(const std::vector<UnlockedPages>& unlocked) {
  Finding finding = draft(Kind::spill, Severity::high, Confidence::possible);
  for (const UnlockedPages& part : unlocked) {
    if (!part.foreign) continue;
    const ByteRange all = bytes_of(part.pages);
    if (named_.empty()) {
      append_unclaimed(finding.exposed, all);
      continue;
    }
    append_unclaimed(finding.exposed, {all.start, std::min(all.end, named_.start)});
    append_unclaimed(finding.exposed, {std::max(all.start, named_.end), all.end});
  }
  if (!finding.exposed.empty()) give(finding);
}

void Judge::append_unclaimed(std::vector<ByteRange>& ranges, ByteRange all) const {
  if (all.empty()) return;
  Address at = all.start;
  ledger_.claims.visit(all, [&](const Piece& piece) {
    if (at < piece.bytes.start) append(ranges, {at, piece.bytes.start});
    at = std::max(at, piece.bytes.end);
    return true;
  });
  if (at < all.end) append(ranges, {at, all.end});
}

} // namespace

void apply_munlock(Ledger& ledger, const CallEvent& event, const Request& request) {
  Judge judge(ledger, event, request);
  if (!request.applied) {
    if (event.imagined) judge.release(); // refused there, but its caller is done with the bytes
    return;
  }
  const PageRange applied = *request.applied;
  if (!ledger.learn(event, applied)) ledger.note_divergence();
  if (!failed(event.ret) && !applied.empty() && !ledger.pages.any_locked(applied) &&
      !ledger.claims.meet(bytes_of(applied)))
    ++ledger.shared.totals.unlocks_without_lock;

  judge.release();
  const std::vector<UnlockedPages> unlocked = follow_lock_call(ledger, event, applied);
  if (!unlocked.empty()) judge.judge(unlocked);
}

} // namespace mlockscope::model
