#include "web/live_config.hpp"

#include "certificates.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <vector>

using namespace mlockscope::web;
using Errors = std::vector<std::string>;

namespace {

const std::string users_alice =
    "basic_auth_users:\n  alice: $2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n";
const std::string tls_files = "tls_server_config:\n  cert_file: s.crt\n  key_file: s.key\n";

std::unique_ptr<LiveConfig> open(const std::string& path, Errors* errors = nullptr) {
  auto live = LiveConfig::open(path, [errors](const mlockscope::util::Error& error) {
    if (errors) errors->push_back(error.message());
  });
  if (!live) FAIL(live.error().message());
  return live.take();
}

std::string open_error(const std::string& path) {
  const auto live = LiveConfig::open(path);
  REQUIRE_FALSE(live);
  return live.error().message();
}

void put(const TempFolder& folder, const Identity& identity) {
  folder.file("s.crt", identity.certificate_pem());
  folder.file("s.key", identity.key_pem());
}

} // namespace

TEST_CASE("without a file everybody may read in plain HTTP") {
  auto live = LiveConfig::open(std::nullopt);
  REQUIRE(live);
  CHECK_FALSE(live.value()->has_tls());
  CHECK(live.value()->now()->config.users.empty());
}

TEST_CASE("a changed file holds at once, an unchanged one is not read into a new object") {
  const TempFolder folder;
  const std::string path = folder.file("web.yml", "");
  const auto live = open(path);
  CHECK(live->now()->config.users.empty());
  folder.file("web.yml", users_alice);
  CHECK(live->now()->config.users.count("alice") == 1);
  folder.file("web.yml", "");
  CHECK(live->now()->config.users.empty());
}

TEST_CASE("while the file is bad nothing is allowed, and that is said once") {
  const TempFolder folder;
  const std::string path = folder.file("web.yml", users_alice);
  Errors errors;
  const auto live = open(path, &errors);
  folder.file("web.yml", "what: ever\n");
  CHECK_FALSE(live->now());
  CHECK_FALSE(live->now());
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].rfind("bad web configuration " + path + ", line 1: 'what' cannot stand", 0) == 0);
  std::filesystem::remove(path);
  CHECK_FALSE(live->now());
  REQUIRE(errors.size() == 2);
  CHECK(errors[1] == "cannot open " + path + ": No such file or directory");
  folder.file("web.yml", users_alice);
  CHECK(live->now()->config.users.count("alice") == 1);
}

TEST_CASE("a new certificate is taken when the file it is in changes") {
  const TempFolder folder;
  const Identity authority = Identity::authority("ca");
  put(folder, Identity::issued_by(authority, "one", "DNS:one"));
  const auto live = open(folder.file("web.yml", tls_files));
  const auto first = live->now();
  REQUIRE(live->has_tls());
  CHECK(live->now()->tls == first->tls);
  put(folder, Identity::issued_by(authority, "two", "DNS:two"));
  const auto second = live->now();
  REQUIRE(second);
  CHECK(second->tls != first->tls);
  folder.file("s.crt", "rubbish");
  CHECK_FALSE(live->now());
}

TEST_CASE("TLS is not turned on or off on the fly") {
  const TempFolder folder;
  put(folder, Identity::authority("s"));
  Errors errors;
  const std::string path = folder.file("web.yml", tls_files);
  const auto live = open(path, &errors);
  folder.file("web.yml", "");
  CHECK_FALSE(live->now());
  CHECK(errors == Errors{"cannot change to the new web configuration " + path +
                         ": it turns TLS on or off; start the program again"});
  folder.file("web.yml", tls_files);
  CHECK(live->now());

  const auto plain = open(folder.file("plain.yml", ""), &errors);
  folder.file("plain.yml", tls_files);
  CHECK_FALSE(plain->now());
  CHECK_FALSE(plain->now());
}

TEST_CASE("files that cannot be used are told at the start") {
  const TempFolder folder;
  const std::string path = folder.path("web.yml");
  CHECK(open_error(path) == "cannot open " + path + ": No such file or directory");
  folder.file("web.yml", tls_files);
  CHECK(open_error(path) == "cannot open " + folder.path("s.crt") + ": No such file or directory");
  put(folder, Identity::authority("s"));
  folder.file("s.crt", "rubbish");
  CHECK(open_error(path).rfind("cannot use the certificate of " + folder.path("s.crt"), 0) == 0);
  put(folder, Identity::authority("s"));
  folder.file("s.key", Identity::authority("other").key_pem());
  CHECK(open_error(path) == "cannot use the key of " + folder.path("s.key") +
                                ": key values mismatch; it must belong to the certificate of " +
                                folder.path("s.crt"));
  folder.file("s.key", "");
  CHECK(open_error(path).find("a private key in PEM form without a passphrase") !=
        std::string::npos);
  const std::string directory = std::filesystem::temp_directory_path();
  CHECK(open_error(directory) ==
        "cannot use " + directory + ": it is not a regular file; it is read many times");
}

TEST_CASE("a file that is far too large is not read") {
  const TempFolder folder;
  const std::string path = folder.file("web.yml", std::string(300 * 1024, '#'));
  CHECK(open_error(path) ==
        "cannot use " + path + ": it has more than 262144 bytes; give the right file");
}
