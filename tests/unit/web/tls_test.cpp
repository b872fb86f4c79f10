#include "web/server.hpp"

#include "certificates.hpp"
#include "server_fixture.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <cstring>

using namespace mlockscope::web;
using namespace std::chrono_literals;

namespace {

/// A server's files: its certificate, and the authority that signs it and the clients.
struct Site {
  Site() { renew("first"); }

  void renew(const std::string& name) const {
    const Identity server = Identity::issued_by(authority, name, "IP:127.0.0.1");
    folder.file("s.crt", server.certificate_pem());
    folder.file("s.key", server.key_pem());
    folder.file("ca.crt", authority.certificate_pem());
  }
  std::string config(const std::string& more = "") const {
    return folder.file("web.yml",
                       "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n" + more);
  }
  /// The answer to a client who shows `identity` and trusts only our authority.
  [[nodiscard]] int status(const Server& server, const Identity* identity = nullptr,
                           int version = 0) const {
    Client client(server.urls()[0], {&authority, identity, version});
    return client.ready() ? client.get("/metrics").status : 0;
  }

  TempFolder folder;
  Identity authority = Identity::authority("our authority");
};

} // namespace

TEST_CASE("TLS serves what plain HTTP serves") {
  const Site site;
  const auto server = serve({"127.0.0.1:0"}, site.config());
  CHECK(server->urls()[0].rfind("https://127.0.0.1:", 0) == 0);
  Client client(server->urls()[0], {&site.authority});
  REQUIRE(client.ready());
  CHECK(client.get("/metrics").body == metrics_text);
  CHECK(client.get("/huge").body.size() == std::size_t{32} << 20);
  CHECK(client.request("HEAD", "/metrics").status == 200);
  CHECK(client.get("/nope").status == 404);
  REQUIRE(client.send("GET /ready HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"));
  CHECK(client.receive().status == 503);
  CHECK(client.receive().status == 200);
}

TEST_CASE("what is no TLS is told, or dropped") {
  const Site site;
  const auto server = serve({"127.0.0.1:0"}, site.config());
  const std::string plain = "http" + server->urls()[0].substr(5);
  Client client(plain);
  CHECK(client.get("/metrics").status == 400);
  Client rubbish(plain);
  rubbish.send(std::string(5000, 'r'));
  while (!rubbish.closed()) {
  }
  CHECK(site.status(*server) == 200);
}

TEST_CASE("a new certificate is shown to the next client, users hold at the next request") {
  const Site site;
  const auto server = serve({"127.0.0.1:0"}, site.config());
  Client before(server->urls()[0], {&site.authority});
  CHECK(before.server_name() == "first");
  site.renew("second");
  CHECK(Client(server->urls()[0], {&site.authority}).server_name() == "second");
  CHECK(before.get("/metrics").status == 200);

  site.config("basic_auth_users:\n"
              "  alice: $2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n");
  CHECK(before.get("/metrics").status == 401);
  site.folder.file("s.crt", "broken");
  CHECK(before.get("/metrics").status == 500);
  CHECK_FALSE(Client(server->urls()[0], {&site.authority}).ready());
  site.renew("third");
  CHECK(Client(server->urls()[0], {&site.authority}).server_name() == "third");
}

TEST_CASE("RequireAndVerifyClientCert lets in whom the authority signed") {
  const Site site;
  const auto server =
      serve({"127.0.0.1:0"}, site.config("  client_auth_type: RequireAndVerifyClientCert\n"
                                         "  client_ca_file: ca.crt\n"));
  const Identity known = Identity::issued_by(site.authority, "prometheus", "DNS:prometheus");
  const Identity elsewhere = Identity::authority("somebody");
  const Identity stranger = Identity::issued_by(elsewhere, "prometheus", "DNS:prometheus");
  CHECK(site.status(*server, &known) == 200);
  CHECK(site.status(*server, &known, TLS1_2_VERSION) == 200);
  CHECK(site.status(*server, &stranger) == 0);
  CHECK(site.status(*server) == 0);
  site.folder.file("ca.crt", stranger.certificate_pem()); // trusts this one and no other
  CHECK(site.status(*server, &stranger) == 200);
  CHECK(site.status(*server, &known) == 0);
}

TEST_CASE("client_allowed_sans names who among them") {
  const Site site;
  const auto server = serve(
      {"127.0.0.1:0"}, site.config("  client_auth_type: RequireAndVerifyClientCert\n"
                                   "  client_ca_file: ca.crt\n"
                                   "  client_allowed_sans: [good, a@b, '10.0.0.1', '2001:db8::1', "
                                   "'spiffe://x/y']\n"));
  for (const char* name : {"DNS:good", "DNS:bad,DNS:good", "email:a@b", "IP:10.0.0.1",
                           "IP:2001:db8::1", "URI:spiffe://x/y"}) {
    const Identity client = Identity::issued_by(site.authority, "c", name);
    CHECK(site.status(*server, &client) == 200);
  }
  for (const char* name : {"DNS:bad", "DNS:good.evil", "IP:10.0.0.2", "URI:good:"}) {
    const Identity client = Identity::issued_by(site.authority, "good", name);
    CHECK(site.status(*server, &client) == 0);
  }
}

TEST_CASE("the weaker kinds of client authentication do what they say") {
  const Site site;
  const Identity stranger = Identity::issued_by(Identity::authority("x"), "c", "DNS:c");
  const auto statuses = [&](const std::string& type, const std::string& more = "") {
    const auto server =
        serve({"127.0.0.1:0"}, site.config("  client_auth_type: " + type + "\n" + more));
    return std::pair(site.status(*server), site.status(*server, &stranger));
  };
  CHECK(statuses("NoClientCert") == std::pair(200, 200));
  CHECK(statuses("RequestClientCert") == std::pair(200, 200));
  CHECK(statuses("RequireAnyClientCert") == std::pair(0, 200));
  CHECK(statuses("VerifyClientCertIfGiven", "  client_ca_file: ca.crt\n") == std::pair(200, 0));
}

TEST_CASE("versions and suites are those of the file") {
  const Site site;
  const auto usual = serve({"127.0.0.1:0"}, site.config());
  CHECK(site.status(*usual, nullptr, TLS1_2_VERSION) == 200);
  CHECK(site.status(*usual, nullptr, TLS1_1_VERSION) == 0);
  const auto newest = serve({"127.0.0.1:0"}, site.config("  min_version: TLS13\n"));
  CHECK(site.status(*newest, nullptr, TLS1_3_VERSION) == 200);
  CHECK(site.status(*newest, nullptr, TLS1_2_VERSION) == 0);
  const auto old = serve({"127.0.0.1:0"}, site.config("  min_version: TLS10\n"));
  CHECK(site.status(*old, nullptr, TLS1_VERSION) == 200);
  const auto only13 =
      serve({"127.0.0.1:0"}, site.config("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"));
  CHECK(site.status(*only13, nullptr, TLS1_2_VERSION) == 0);
  CHECK(site.status(*only13) == 200);

  const auto one = serve(
      {"127.0.0.1:0"}, site.config("  max_version: TLS12\n  curve_preferences: [CurveP384]\n"
                                   "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n"));
  Client client(one->urls()[0], {&site.authority});
  REQUIRE(client.ready());
  CHECK(SSL_get_cipher_name(client.session()) == std::string("ECDHE-ECDSA-AES256-GCM-SHA384"));
  EVP_PKEY* exchanged = nullptr;
  REQUIRE(SSL_get_peer_tmp_key(client.session(), &exchanged) == 1);
  CHECK(EVP_PKEY_get_bits(exchanged) == 384);
  EVP_PKEY_free(exchanged);
}

TEST_CASE("every suite and curve that the file may name is there") {
  const Site site;
  for (const char* list :
       {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_RSA_WITH_AES_256_CBC_SHA"}) {
    const std::string path = site.config("  curve_preferences: [CurveP256, CurveP384, CurveP521, "
                                         "X25519]\n  cipher_suites: [" +
                                         std::string(list) + "]\n");
    const auto live = LiveConfig::open(path);
    CHECK((live ? "" : live.error().message()) == "");
  }
}

TEST_CASE("TLS clients that hang keep nobody waiting, and the server can end") {
  const Site site;
  Limits patient;
  patient.request_time = patient.answer_time = 1h;
  auto server = serve({"127.0.0.1:0"}, site.config(), patient);
  const std::string plain = "http" + server->urls()[0].substr(5);
  std::vector<std::unique_ptr<Client>> hanging;
  for (int i = 0; i < 30; ++i) {
    hanging.push_back(std::make_unique<Client>(i % 3 == 0 ? server->urls()[0] : plain));
    REQUIRE(hanging.back()->ready());
    if (i % 3 == 1) REQUIRE(hanging.back()->send(std::string("\x16\x03\x01\x02\x00\x01", 6)));
    if (i % 3 == 0) REQUIRE(hanging.back()->send("GET /huge HTTP/1.1\r\n\r\n"));
  }
  CHECK(site.status(*server) == 200);
  server.reset();
  CHECK(hanging[1]->closed());
}

TEST_CASE("a handshake or request that is not complete takes no worker") {
  const Site site;
  Limits limits;
  limits.request_time = 1h;
  limits.threads = 2;
  const auto server = serve({"127.0.0.1:0"}, site.config(), limits);
  const std::string plain = "http" + server->urls()[0].substr(5);
  std::vector<std::unique_ptr<Client>> hanging;
  for (int i = 0; i < 70; ++i) {
    const bool shakes_hands = i % 5 == 0;
    hanging.push_back(std::make_unique<Client>(shakes_hands ? server->urls()[0] : plain));
    REQUIRE(hanging.back()->ready());
    REQUIRE(hanging.back()->send(shakes_hands ? std::string("GET /")
                                              : std::string("\x16\x03\x01\x02\x00\x01", 6)));
  }
  for (int i = 0; i < 3; ++i) CHECK(site.status(*server) == 200);
  CHECK(Client(plain).get("/metrics").status == 400);
  REQUIRE(hanging[0]->send("metrics HTTP/1.1\r\n\r\n"));
  CHECK(hanging[0]->receive().status == 200);
}
