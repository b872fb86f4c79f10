#include "web/config.hpp"

#include "certificates.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstdlib>

using namespace mlockscope::web;

namespace {

const std::string hash = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

Config good(const std::string& text) {
  const auto config = parse_config(text, "/etc/x/web.yml");
  if (!config) FAIL(config.error().message());
  return config.value();
}

std::string error(const std::string& text) {
  const auto config = parse_config(text, "web.yml");
  REQUIRE_FALSE(config);
  return config.error().message();
}

std::string tls_error(const std::string& lines) {
  return error("tls_server_config:\n  cert_file: c\n  key_file: k\n" + lines);
}

/// Everything that both our parser and the toolkit of Debian 12's Prometheus know.
const std::string everything = R"(
tls_server_config:
  cert_file: server.crt
  key_file: /abs/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  min_version: TLS12
  max_version: TLS13
  cipher_suites:
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    - TLS_AES_128_GCM_SHA256
  curve_preferences: [X25519, CurveP256]
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers:
    Content-Security-Policy: default-src 'self'
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
    X-XSS-Protection: 1; mode=block
    Strict-Transport-Security: max-age=600
basic_auth_users:
  alice: )" + hash + "\n";

} // namespace

TEST_CASE("an empty web configuration asks for nothing") {
  for (const char* text : {"", "\n# nothing\n", "{}", "tls_server_config:\n", "---\n",
                           "tls_server_config: {}\nhttp_server_config: {}\nbasic_auth_users: {}\n",
                           "http_server_config:\n  headers:\n    X-XSS-Protection: ''\n"}) {
    const Config config = good(text);
    CHECK_FALSE(config.tls);
    CHECK(config.headers.empty());
    CHECK(config.users.empty());
  }
}

TEST_CASE("every field of a web configuration is read") {
  const Config config = good(everything);
  REQUIRE(config.tls);
  const TlsConfig& tls = *config.tls;
  CHECK(tls.certificate.path == "/etc/x/server.crt"); // relative to the file's folder
  CHECK(tls.key.path == "/abs/server.key");
  CHECK(tls.client_ca.path == "/etc/x/ca.crt");
  CHECK(tls.client_auth == ClientAuth::require_and_verify);
  CHECK(tls.min_version == TlsVersion::tls12);
  CHECK(tls.max_version == TlsVersion::tls13);
  CHECK(tls.cipher_suites.size() == 2);
  CHECK(tls.curves == std::vector<std::string>{"X25519", "P-256"});
  CHECK_FALSE(tls.prefer_server_cipher_suites);
  CHECK(config.headers.size() == 5);
  CHECK(config.headers.at("X-Frame-Options") == "deny");
  CHECK(config.users == Users{{"alice", hash}});
}

TEST_CASE("TLS begins at 1.2 unless the file says otherwise") {
  const Config config = good("tls_server_config:\n  cert: C\n  key: K\n");
  CHECK(config.tls->min_version == TlsVersion::tls12);
  CHECK(config.tls->max_version == TlsVersion::tls13);
  CHECK(config.tls->client_auth == ClientAuth::none);
  CHECK(config.tls->prefer_server_cipher_suites);
  CHECK(config.tls->certificate.text == "C");
  CHECK(config.tls->certificate.path.empty());
}

TEST_CASE("the words for client authentication are Go's") {
  const auto auth_of = [](const std::string& word, const std::string& more = "") {
    return good("tls_server_config:\n  cert_file: c\n  key_file: k\n  client_auth_type: " + word +
                "\n" + more)
        .tls->client_auth;
  };
  CHECK(auth_of("NoClientCert") == ClientAuth::none);
  CHECK(auth_of("RequestClientCert") == ClientAuth::request);
  CHECK(auth_of("RequireAnyClientCert") == ClientAuth::require_any);
  CHECK(auth_of("RequireClientCert") == ClientAuth::require_any);
  CHECK(auth_of("VerifyClientCertIfGiven", "  client_ca_file: a\n") == ClientAuth::verify_if_given);
  CHECK(auth_of("RequireAndVerifyClientCert", "  client_ca_file: a\n") ==
        ClientAuth::require_and_verify);
}

TEST_CASE("a mistake in the web configuration is told with its line") {
  CHECK(error("tls_server_config:\n  certfile: x\n")
            .rfind("bad web configuration web.yml, line 2: 'certfile' cannot stand in "
                   "tls_server_config, "
                   "only cert_file, key_file, ",
                   0) == 0);
  CHECK(error("tls: {}\n") ==
        "bad web configuration web.yml, line 1: 'tls' cannot stand in the web configuration, only "
        "tls_server_config, http_server_config, basic_auth_users can");
  CHECK(error("rate_limit:\n  burst: 20\n") ==
        "bad web configuration web.yml, line 2: rate_limit is not supported: remove it");
  CHECK(error("basic_auth_users: [a]\n") ==
        "bad web configuration web.yml, line 1: basic_auth_users must be a mapping: 'key: value' "
        "lines");
  CHECK(error("- a\n") == "bad web configuration web.yml, line 1: the web configuration must be a "
                          "mapping: 'key: value' lines");
  CHECK(error("a: [\n").rfind("bad web configuration web.yml, line ", 0) == 0);
  CHECK(error(std::string(20000, '[')) == "bad web configuration web.yml, line 1: brackets or "
                                          "lists stand too deep in one another");
  CHECK(error("{}\n---\n{}\n") ==
        "bad web configuration web.yml, line 3: a second document has no effect: remove it");
  CHECK(error("http_server_config:\n  http2: maybe\n") ==
        "bad web configuration web.yml, line 2: http2 must be true or false");
}

TEST_CASE("a key may stand once") {
  CHECK(error("basic_auth_users:\n  a: " + hash + "\n  a: " + hash + "\n") ==
        "bad web configuration web.yml, line 3: 'a' stands twice in basic_auth_users");
}

TEST_CASE("passwords must be bcrypt hashes, and are not shown if they are not") {
  CHECK(error("basic_auth_users:\n  alice: swordfish\n") ==
        "bad web configuration web.yml, line 2: the password of 'alice' is not a bcrypt hash "
        "($2y$...): make one with 'htpasswd -nBC 10 USER'");
  CHECK(error("basic_auth_users:\n  alice: [x]\n") ==
        "bad web configuration web.yml, line 2: the password of 'alice' must be one text");
  CHECK(error("basic_auth_users:\n  'a:b': " + hash + "\n") ==
        "bad web configuration web.yml, line 2: the user 'a:b' can never log in: a name must not "
        "have a ':'");
}

TEST_CASE("headers are the toolkit's five, with their values") {
  const auto header_error = [](const std::string& line) {
    return error("http_server_config:\n  headers:\n    " + line + "\n");
  };
  const std::string start = "bad web configuration web.yml, line 3: ";
  CHECK(header_error("Server: x").rfind(start + "'Server' cannot stand in headers, only ", 0) == 0);
  CHECK(header_error("X-Frame-Options: maybe") ==
        start + "X-Frame-Options must be deny or sameorigin");
  CHECK(header_error("X-Content-Type-Options: sniff") ==
        start + "X-Content-Type-Options must be nosniff");
  CHECK(header_error("X-XSS-Protection: \"a\\r\\nSet-Cookie: b\"") ==
        start + "X-XSS-Protection must be one line");
}

TEST_CASE("TLS that would not do what it seems to is refused") {
  const std::string start = "bad web configuration web.yml, line ";
  CHECK(error("tls_server_config:\n  min_version: TLS12\n") ==
        start + "2: tls_server_config has no cert_file");
  CHECK(error("tls_server_config:\n  cert_file: c\n") ==
        start + "2: tls_server_config has no key_file");
  CHECK(tls_error("  cert: C\n") == start + "2: cert and cert_file exclude each other: keep one");
  CHECK(tls_error("  client_auth_type: Yes\n") ==
        start + "4: client_auth_type 'Yes' is none of NoClientCert, RequestClientCert, "
                "RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert");
  CHECK(tls_error("  client_ca_file: a\n") ==
        start + "2: client_ca_file has no effect without client_auth_type: "
                "add RequireAndVerifyClientCert");
  CHECK(tls_error("  client_auth_type: RequireAndVerifyClientCert\n") ==
        start + "2: client_auth_type asks to verify clients, but no client_ca_file says by whom");
  CHECK(tls_error("  client_allowed_sans: [a]\n") ==
        start + "2: client_allowed_sans needs client_auth_type RequireAndVerifyClientCert "
                "(or RequireAnyClientCert)");
  CHECK(tls_error("  client_allowed_sans: []\n") ==
        start + "4: client_allowed_sans allows nobody: name a client, or remove it");
  CHECK(tls_error("  min_version: SSL3\n") ==
        start + "4: min_version must be TLS10, TLS11, TLS12 or TLS13");
  CHECK(tls_error("  min_version: TLS13\n  max_version: TLS12\n") ==
        start + "2: min_version is above max_version");
  CHECK(tls_error("  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n") ==
        start + "4: cipher_suites: 'TLS_RSA_WITH_RC4_128_SHA' is not known as a secure one");
  CHECK(tls_error("  cipher_suites: X\n") == start + "4: cipher_suites must be a list");
  CHECK(tls_error("  curve_preferences: [P-256]\n") ==
        start + "4: curve_preferences: 'P-256' is none of CurveP256, CurveP384, CurveP521, X25519");
}

#ifdef PROMTOOL
TEST_CASE("promtool takes what we take", "[.promtool]") {
  const TempFolder folder;
  const Identity authority = Identity::authority("ca");
  const Identity server = Identity::issued_by(authority, "server", "DNS:localhost");
  folder.file("server.crt", server.certificate_pem());
  folder.file("ca.crt", authority.certificate_pem());
  std::string text = everything;
  text.replace(text.find("/abs/server.key"), std::string("/abs/server.key").size(), "server.key");
  folder.file("server.key", server.key_pem());
  const std::string path = folder.file("web.yml", text);
  REQUIRE(parse_config(text, path));
  CHECK(std::system((PROMTOOL " check web-config " + path + " >&2").c_str()) == 0);
  const std::string empty = folder.file("empty.yml", "");
  CHECK(std::system((PROMTOOL " check web-config " + empty + " >&2").c_str()) == 0);
}
#endif
