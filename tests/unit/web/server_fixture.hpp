// A running server with a few pages.
#pragma once

#include "web/server.hpp"

#include "client.hpp"
#include "support/catch.hpp"

#include <stdexcept>

inline const std::string metrics_type = "text/plain; version=0.0.4; charset=utf-8";
/// Compresses well.
inline const std::string metrics_text = std::string(50000, 'x') + "\n";

inline mlockscope::web::Routes pages() {
  using mlockscope::web::Response;
  return {
      {"/metrics",
       [] {
         return Response{200, metrics_type, metrics_text};
       }},
      {"/ready",
       [] {
         return Response{503, "text/plain", "not yet\n"};
       }},
      {"/throws", []() -> Response { throw std::runtime_error("secret"); }},
      {"/huge", [] {
         return Response{200, "application/octet-stream", std::string(std::size_t{32} << 20, 'h')};
       }}};
}

inline std::unique_ptr<mlockscope::web::Server>
serve(const std::vector<std::string>& addresses,
      const std::optional<std::string>& config_file = std::nullopt,
      mlockscope::web::Limits limits = {}) {
  std::vector<mlockscope::web::Address> parsed;
  for (const std::string& text : addresses)
    parsed.push_back(mlockscope::web::parse_address(text).value());
  auto config = mlockscope::web::LiveConfig::open(config_file);
  if (!config) FAIL(config.error().message());
  auto server = mlockscope::web::Server::start(parsed, config.take(), pages(), limits);
  if (!server) FAIL(server.error().message());
  return server.take();
}

inline std::string start_error(const std::string& address) {
  const auto server = mlockscope::web::Server::start(
      {mlockscope::web::parse_address(address).value()},
      mlockscope::web::LiveConfig::open(std::nullopt).take(), pages());
  REQUIRE_FALSE(server);
  return server.error().message();
}
