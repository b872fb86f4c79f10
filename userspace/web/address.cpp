#include "web/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <optional>
#include <sys/un.h>

namespace mlockscope::web {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr const char* forms = "use HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH";

util::Error bad(std::string_view text, std::string why, std::string hint = forms) {
  return {"bad listen address '" + std::string(text) + "'", std::move(why), std::move(hint)};
}

util::Result<Address> parse_unix(std::string_view text) {
  const std::string_view path = text.substr(unix_prefix.size());
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string_view::npos)
    return bad(text, "the path of a socket must be absolute");
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > longest)
    return bad(text, "the path of a socket has at most " + std::to_string(longest) + " bytes",
               "use a shorter one");
  return Address(UnixAddress{std::string(path)});
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return port;
}

bool is_ipv6(const std::string& host) {
  const std::string literal = host.substr(0, host.find('%')); // fe80::1%eth0
  in6_addr ignored{};
  return ::inet_pton(AF_INET6, literal.c_str(), &ignored) == 1;
}

bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

} // namespace

util::Result<Address> parse_address(std::string_view text) {
  if (text.substr(0, unix_prefix.size()) == unix_prefix) return parse_unix(text);

  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(text, "it has no port");
  std::string host(text.substr(0, colon));
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
    if (!is_ipv6(host)) return bad(text, "the brackets hold no IPv6 address");
  } else if (host.find(':') != std::string::npos) {
    return bad(text, "an IPv6 address stands in brackets", "write [ADDRESS]:PORT");
  } else if (!is_host(host)) {
    return bad(text, "'" + host + "' is no host");
  }
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return bad(text, "the port is not a number from 0 to 65535");
  return Address(IpAddress{host, *port});
}

std::string to_string(const Address& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address))
    return std::string(unix_prefix) + local->path;
  const auto& ip = std::get<IpAddress>(address);
  const bool v6 = ip.host.find(':') != std::string::npos;
  return (v6 ? "[" + ip.host + "]" : ip.host) + ":" + std::to_string(ip.port);
}

} // namespace mlockscope::web
