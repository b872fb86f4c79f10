#include "web/address.hpp"

#include "support/catch.hpp"

using namespace mlockscope::web;

namespace {

IpAddress ip(const std::string& text) {
  const auto address = parse_address(text);
  REQUIRE(address);
  return std::get<IpAddress>(address.value());
}

std::string error(const std::string& text) {
  const auto address = parse_address(text);
  REQUIRE_FALSE(address);
  return address.error().message();
}

} // namespace

TEST_CASE("an address is a host and a port") {
  CHECK(ip("127.0.0.1:9778").host == "127.0.0.1");
  CHECK(ip("127.0.0.1:9778").port == 9778);
  CHECK(ip("localhost:65535").host == "localhost");
  CHECK(ip("a-host.example:0").port == 0);
  CHECK(ip("[::1]:9778").host == "::1");
  CHECK(ip("[fe80::1%eth0]:9778").host == "fe80::1%eth0");
}

TEST_CASE("no host stands for all addresses") {
  CHECK(ip(":9778").host.empty());
  CHECK(ip(":9778").port == 9778);
}

TEST_CASE("a Unix socket is named by an absolute path") {
  const auto address = parse_address("unix:/run/x.sock");
  REQUIRE(address);
  CHECK(std::get<UnixAddress>(address.value()).path == "/run/x.sock");
}

TEST_CASE("addresses are written as they are read") {
  for (const char* text : {"127.0.0.1:9778", ":9778", "[::1]:0", "localhost:1", "unix:/a b"}) {
    const auto address = parse_address(text);
    REQUIRE(address);
    CHECK(to_string(address.value()) == text);
  }
}

TEST_CASE("a bad address is told in one line that says what is wrong") {
  const std::string hint = "; use HOST:PORT, :PORT, [IPV6]:PORT or unix:/PATH";
  CHECK(error("9778") == "bad listen address '9778': it has no port" + hint);
  CHECK(error("") == "bad listen address '': it has no port" + hint);
  for (const char* text : {"h:", "h:65536", "h:-1", "h:+1", "h:http", "h:80x", "h: 80"})
    CHECK(error(text) == "bad listen address '" + std::string(text) +
                             "': the port is not a number from 0 to 65535" + hint);
  CHECK(error("::1:9778") == "bad listen address '::1:9778': an IPv6 address stands in brackets; "
                             "write [ADDRESS]:PORT");
  CHECK(error("[::g]:1") ==
        "bad listen address '[::g]:1': the brackets hold no IPv6 address" + hint);
  CHECK(error("[]:1") == "bad listen address '[]:1': the brackets hold no IPv6 address" + hint);
  CHECK(error("a b:1") == "bad listen address 'a b:1': 'a b' is no host" + hint);
  CHECK(error("unix:run/x") ==
        "bad listen address 'unix:run/x': the path of a socket must be absolute" + hint);
  CHECK(error("unix:") ==
        "bad listen address 'unix:': the path of a socket must be absolute" + hint);
  const std::string far = "unix:/" + std::string(107, 'x');
  CHECK(error(far) == "bad listen address '" + far +
                          "': the path of a socket has at most 107 bytes; use a shorter one");
}
