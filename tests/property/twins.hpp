// A sequence of drawn calls, told to the correlator and to the plain model: the driver that random
// tests share. Any bytes are a sequence, so that they can be shrunk, mutated and replayed.
#pragma once

#include "plain_model.hpp"

#include <array>

namespace mlockscope::test {

/// A call as drawn: what it is and up to four small numbers.
using Draw = std::array<std::uint8_t, 5>;

/// Where the calls are made.
struct Setting {
  std::uint64_t page = 4096;
  bool told = true; ///< the kernel's word on VM_LOCKED can be read
  /// The calls go to the correlator by way of the what-if, for Linux and the same page size.
  bool translated = false;
};

/// Makes these calls in up to five address spaces, children of fork among them, and says what is
/// different first between the correlator and the plain model: findings, ends of exposures, locked
/// pages, counters. Empty if nothing is.
std::string first_difference(const Setting&, const std::vector<Draw>&);

} // namespace mlockscope::test
