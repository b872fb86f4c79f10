#include "web/http.hpp"

#include <algorithm>
#include <cctype>
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

/// A request and its answer as httplib wants them: both are text at hand.
class TextStream final : public httplib::Stream {
public:
  explicit TextStream(std::string request) : request_(std::move(request)) {}
  std::string take_answer() { return std::move(answer_); }

  using httplib::Stream::write;
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t count = request_.copy(to, size, read_);
    read_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    answer_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // Only asked in order to poll or compare it; no answer is the safe one.
  socket_t socket() const override { return INVALID_SOCKET; }

private:
  const std::string request_;
  std::size_t read_ = 0;
  std::string answer_;
};

/// A token of RFC 9110, 5.6.2, but for marks that no registered method has.
bool may_be_method(std::string_view text) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

/// httplib takes an unknown method for a broken request. To us all are alike but GET and HEAD, so
/// they go by the name of one that it knows and that has no body.
std::string with_known_method(std::string request) {
  const std::string_view text(request);
  const std::string_view method = text.substr(0, std::min(text.find(' '), text.size()));
  if (may_be_method(method) && method != "GET" && method != "HEAD")
    request.replace(0, method.size(), "OPTIONS");
  return request;
}

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
  Protocol(Routes routes, LiveConfig& config, PasswordCheck matches)
      : routes_(std::move(routes)), config_(config), authenticator_(std::move(matches)) {
    set_default_headers({{"X-Content-Type-Options", "nosniff"}});
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      answer(request, response);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.status < 500 && response.body.empty())
        set_text(response, response.status, "Bad request\n");
    });
    set_post_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      response.headers.erase("Keep-Alive"); // its figures are of sockets that httplib serves
      response.headers.erase("Accept-Ranges");
      if (request.path.empty()) replace(response.headers, "Connection", "close");
    });
  }

  void stop() { authenticator_.stop(); }

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
    if (may_enter(settings->config.users, request, response)) route(request, response);
  }

  bool may_enter(const Users& users, const httplib::Request& request, httplib::Response& response) {
    if (users.empty()) return true;
    const Access access = authenticator_.check(users, request.get_header_value("Authorization"));
    if (access == Access::denied) {
      response.set_header("WWW-Authenticate", "Basic realm=\"restricted\"");
      set_text(response, 401, "Unauthorized\n");
    } else if (access == Access::busy) {
      response.set_header("Retry-After", "1");
      set_text(response, 503, "Too many passwords to check, try again\n");
    }
    return access == Access::granted;
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

Http::Http(Routes routes, LiveConfig& config, PasswordCheck matches) : config_(config) {
  const KeepSigpipe restores_at_the_end;
  protocol_ = std::make_unique<Protocol>(std::move(routes), config, std::move(matches));
}

Http::~Http() = default;

void Http::stop() { protocol_->stop(); }

bool Http::serve(Connection& connection) {
  if (config_.has_tls() && !connection.is_tls()) {
    const auto settings = config_.now();
    if (!settings || !connection.start_tls(settings->tls)) return false;
  }
  connection.advance();
  if (connection.has_request()) {
    answer(connection);
    connection.advance();
  }
  return !connection.is_over();
}

void Http::answer(Connection& connection) {
  TextStream stream(with_known_method(connection.take_request()));
  bool understood = false;
  bool closed = false;
  const bool written = protocol_->process(stream, closed, [&](httplib::Request& request) {
    understood = true;
    request.ranges.clear(); // half a scrape is of no use
    if (may_have_body(request)) {
      closed = true;
      replace(request.headers, "Connection", "close");
    }
    // Only gzip: httplib would prefer Brotli at its highest level, which takes seconds a megabyte.
    const bool gzip = accepts_gzip(request.get_header_value("Accept-Encoding"));
    replace(request.headers, "Accept-Encoding", gzip ? "gzip" : "identity");
  });
  const bool next = written && understood && !closed;
  connection.answer(stream.take_answer(),
                    next ? Connection::Then::next_request : Connection::Then::close);
}

} // namespace mlockscope::web
