// Where to listen, in the words of Prometheus' exporters: HOST:PORT, :PORT, [V6]:PORT, unix:/PATH.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mlockscope::web {

struct IpAddress {
  std::string host; ///< a name or a literal, without brackets; empty: all addresses, v4 and v6
  std::uint16_t port = 0; ///< 0: any free one
};

struct UnixAddress {
  std::string path; ///< absolute
};

using Address = std::variant<IpAddress, UnixAddress>;

/// Only the form is judged here: whether a host exists is known when it is bound. The error is the
/// user's mistake.
[[nodiscard]] util::Result<Address> parse_address(std::string_view text);

/// The address as parse_address() reads it.
[[nodiscard]] std::string to_string(const Address&);

} // namespace mlockscope::web
