// Page faults and pages in swap, held against the books.
#pragma once

#include "model/ledger.hpp"

namespace mlockscope::model {

/// What a fault fell into; nothing if the page is neither locked nor exposed.
[[nodiscard]] std::optional<FaultReading> read_fault(const Ledger&, const FaultEvent&);

/// One finding for each open exposure with bytes on these pages, the first time.
void judge_swap(Ledger&, const SwapEvent&);

} // namespace mlockscope::model
