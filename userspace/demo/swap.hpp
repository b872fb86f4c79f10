// Pushing a page out to swap, and seeing that it is there.
#pragma once

#include <cstddef>

namespace mlockscope::demo {

/// True if the machine has a swap area in use.
[[nodiscard]] bool swap_active();
/// Pushes the page at `page` out and returns when it is in swap; throws if it does not go.
void push_to_swap(std::byte* page);

} // namespace mlockscope::demo
