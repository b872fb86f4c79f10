// What a call asked for and what the kernel makes of it: bytes in, pages out.
#pragma once

#include "model/finding.hpp"

namespace mlockscope::model {

/// The two readings of one (address, length) pair.
struct Request {
  /// The bytes named; nothing if address and length wrap or the kernel refuses them.
  std::optional<ByteRange> requested;
  /// The pages acted on, possibly none; nothing if the kernel refuses the pair with EINVAL.
  std::optional<PageRange> applied;
};

/// The pages that mlock, mlock2 and munlock act on: they round an unaligned pair and let the length
/// wrap. Nothing if the kernel refuses the pair with EINVAL.
[[nodiscard]] std::optional<PageRange> applied_pages(PageSize, Address addr, std::uint64_t len);

/// Both readings of such a pair.
[[nodiscard]] Request read_lock_request(PageSize, Address addr, std::uint64_t len);

/// The request of any call, given how the call went: a refused call acted on nothing, and one that
/// met a hole acted on the pages before it. Of an imagined call, the bytes are those it named even
/// if the platform refuses it.
[[nodiscard]] Request read_request(PageSize, const CallEvent&);

/// A munlock that succeeded: what is still locked after it is memfd_secret memory. Where locks
/// stack it may also have been locked more than once, so an imagined call must say which it is.
[[nodiscard]] bool tells_stubborn(const CallEvent&);

/// The call as a finding names it.
[[nodiscard]] CallSite call_site(const CallEvent&, std::optional<PageRange> applied);

/// read_request() and the kernel's words, as shown to people.
[[nodiscard]] CallReading read_call(const CallEvent&, const Request&);

} // namespace mlockscope::model
