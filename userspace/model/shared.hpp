// What all address spaces of one correlator have in common.
#pragma once

#include "model/correlator.hpp"

namespace mlockscope::model {

struct Shared {
  Shared(PageSize page_size, Output& output, Limits bounds)
      : page(page_size), out(output), limits(bounds) {}

  PageSize page;
  Output& out;
  Limits limits;
  /// All but `calls` and `findings`, which are counted below without a search.
  Totals totals;
  std::array<std::uint64_t, static_cast<std::size_t>(Call::fork) + 1> calls{};
  std::array<std::uint64_t, 8> findings{};
  /// The calls are as another platform would have taken them: nothing is verified.
  bool imagined = false;

  /// Numbers a finding, counts it and gives it out.
  void give(Finding& finding) {
    finding.id = FindingId{++last_finding_};
    if (imagined) finding.confidence = std::min(finding.confidence, Confidence::modelled);
    if (finding.confidence == Confidence::possible)
      ++totals.possible;
    else
      ++findings[static_cast<std::size_t>(finding.kind)];
    out.finding(finding);
  }

private:
  std::uint64_t last_finding_ = 0;
};

} // namespace mlockscope::model
