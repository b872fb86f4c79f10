#include "web/http.hpp"

#include "web/authenticator.hpp"

#include <csignal>
#include <httplib.h>
#include <string_view>

namespace mlockscope::web {
namespace {

/// httplib's server makes SIGPIPE ignored in the whole process, and programs that we start would
/// inherit that.
class KeepSigpipe {
public:
  KeepSigpipe() { ::sigaction(SIGPIPE, nullptr, &before_); }
  KeepSigpipe(const KeepSigpipe&) = delete;
  ~KeepSigpipe() { ::sigaction(SIGPIPE, &before_, nullptr); }

private:
  struct sigaction before_ {};
};

/// A connection as httplib wants it, for one request of bounded size.
class RequestStream final : public httplib::Stream {
public:
  RequestStream(Connection& connection, std::size_t allowance)
      : connection_(connection), allowance_(allowance) {}

  using httplib::Stream::write;
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const ssize_t got = allowance_ == 0 ? -1 : connection_.read(to, std::min(size, allowance_));
    if (got > 0) allowance_ -= static_cast<std::size_t>(got);
    return got;
  }
  ssize_t write(const char* from, std::size_t size) override {
    return connection_.write(from, size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // Only asked in order to poll or compare it; no answer is the safe one.
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  Connection& connection_;
  std::size_t allowance_;
};

bool is_get_or_head(const httplib::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// Bodies are never read, so what follows such a request is not the next one.
bool may_have_body(const httplib::Request& request) {
  return !is_get_or_head(request) || request.has_header("Content-Length") ||
         request.has_header("Transfer-Encoding");
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// RFC 9110, 12.5.3: "gzip", "gzip;q=0.5", but not "gzip;q=0".
bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view item = header.substr(0, comma);
    header.remove_prefix(std::min(comma + 1, header.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (trim(item.substr(0, semicolon)) != "gzip") continue;
    const std::string_view weight = trim(item.substr(std::min(semicolon + 1, item.size())));
    return weight.find_first_not_of("q=0. ") != std::string_view::npos || weight.empty();
  }
  return false;
}

void replace(httplib::Headers& headers, const char* name, const char* value) {
  headers.erase(name);
  headers.emplace(name, value);
}

void set_text(httplib::Response& response, int status, const char* text) {
  response.status = status;
  response.set_content(text, "text/plain; charset=utf-8");
}

} // namespace

class Http::Protocol : public httplib::Server {
public:
  Protocol(Routes routes, LiveConfig& config) : routes_(std::move(routes)), config_(config) {
    set_default_headers({{"X-Content-Type-Options", "nosniff"}});
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      response.headers.erase("Keep-Alive"); // its figures are of sockets that httplib serves
      response.headers.erase("Accept-Ranges");
      if (request.path.empty()) replace(response.headers, "Connection", "close");
    });
  }

  /// Reads a request and writes its answer. `prepare` sees a request that could be read, before it
  /// is answered. The protected function that does it has more parameters in newer versions.
  template <class Prepare> bool process(httplib::Stream& stream, bool& closed, Prepare prepare) {
    return process_with(*this, stream, closed, std::function<void(httplib::Request&)>(prepare));
  }

private:
  template <class Self, class Prepare>
  static bool process_with(Self& self, httplib::Stream& stream, bool& closed,
                           const Prepare& prepare) {
    if constexpr (requires { self.process_request(stream, "", 0, "", 0, false, closed, prepare); })
      return self.process_request(stream, "", 0, "", 0, false, closed, prepare);
    else
      return self.process_request(stream, false, closed, prepare);
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    const auto settings = config_.now();
    if (!settings)
      return set_text(response, 500, "The web configuration is bad; the program's log says why.\n");
    for (const auto& [name, value] : settings->config.headers)
      replace(response.headers, name.c_str(), value.c_str());
    const Users& users = settings->config.users;
    if (!users.empty() &&
        !authenticator_.allows(users, request.get_header_value("Authorization"))) {
      response.set_header("WWW-Authenticate", "Basic realm=\"restricted\"");
      return set_text(response, 401, "Unauthorized\n");
    }
    route(request, response);
  }

  void route(const httplib::Request& request, httplib::Response& response) const {
    const auto found = routes_.find(request.path);
    if (found == routes_.end()) return set_text(response, 404, "Not found\n");
    if (!is_get_or_head(request)) {
      response.set_header("Allow", "GET, HEAD");
      return set_text(response, 405, "Method not allowed\n");
    }
    try {
      const Response result = found->second();
      response.status = result.status;
      response.set_header("Vary", "Accept-Encoding");
      response.set_content(result.body, result.type);
    } catch (const std::exception&) {
      set_text(response, 500, "Internal error\n");
    }
  }

  const Routes routes_;
  LiveConfig& config_;
  Authenticator authenticator_;
};

Http::Http(Routes routes, LiveConfig& config, Limits limits) : config_(config), limits_(limits) {
  const KeepSigpipe restores_at_the_end;
  protocol_ = std::make_unique<Protocol>(std::move(routes), config);
}

Http::~Http() = default;

bool Http::serve(Connection& connection) {
  if (config_.has_tls() && !connection.is_tls()) {
    connection.expire_after(limits_.request_time);
    const auto settings = config_.now();
    if (!settings || !connection.handshake(settings->tls)) return false;
  }
  while (connection.has_input())
    if (!exchange(connection)) return false;
  return true;
}

bool Http::exchange(Connection& connection) {
  connection.expire_after(limits_.request_time);
  RequestStream stream(connection, limits_.request_bytes);
  bool understood = false;
  bool closed = false;
  const bool written = protocol_->process(stream, closed, [&](httplib::Request& request) {
    understood = true;
    connection.expire_after(limits_.answer_time);
    request.ranges.clear(); // half a scrape is of no use
    if (may_have_body(request)) {
      closed = true;
      replace(request.headers, "Connection", "close");
    }
    // Only gzip: httplib would prefer Brotli at its highest level, which takes seconds a megabyte.
    const bool gzip = accepts_gzip(request.get_header_value("Accept-Encoding"));
    replace(request.headers, "Accept-Encoding", gzip ? "gzip" : "identity");
  });
  if (written && understood && !closed) return true;
  if (written) connection.linger();
  return false;
}

} // namespace mlockscope::web
