#include "web/config.hpp"

#include "web/password.hpp"
#include "web/yaml.hpp"

#include <algorithm>
#include <filesystem>
#include <yaml-cpp/depthguard.h>

namespace mlockscope::web {
namespace {

/// "cert" and "cert_file" in one: the text, or the path of the file.
PemSource pem_source(const YamlSection& section, const char* inline_key, const char* file_key,
                     const std::filesystem::path& folder) {
  PemSource source{section.text(inline_key), section.text(file_key)};
  if (!source.text.empty() && !source.path.empty())
    reject(section.node(file_key),
           std::string(inline_key) + " and " + file_key + " exclude each other: keep one");
  if (!source.path.empty()) source.path = folder / source.path;
  return source;
}

ClientAuth client_auth(const YamlSection& section) {
  const std::string word = section.text("client_auth_type");
  if (word.empty() || word == "NoClientCert") return ClientAuth::none;
  if (word == "RequestClientCert") return ClientAuth::request;
  // The second word is an old spelling that the toolkit still takes.
  if (word == "RequireAnyClientCert" || word == "RequireClientCert") return ClientAuth::require_any;
  if (word == "VerifyClientCertIfGiven") return ClientAuth::verify_if_given;
  if (word == "RequireAndVerifyClientCert") return ClientAuth::require_and_verify;
  reject(section.node("client_auth_type"),
         "client_auth_type '" + word +
             "' is none of NoClientCert, RequestClientCert, RequireAnyClientCert, "
             "VerifyClientCertIfGiven, RequireAndVerifyClientCert");
}

TlsVersion version(const YamlSection& section, const char* key, TlsVersion fallback) {
  if (!section.has(key)) return fallback;
  const auto found = tls_version(section.text(key));
  if (!found) reject(section.node(key), std::string(key) + " must be TLS10, TLS11, TLS12 or TLS13");
  return *found;
}

void check_client_auth(const YAML::Node& node, const TlsConfig& tls) {
  const bool verifies = tls.client_auth == ClientAuth::verify_if_given ||
                        tls.client_auth == ClientAuth::require_and_verify;
  const bool requires_one = tls.client_auth == ClientAuth::require_any ||
                            tls.client_auth == ClientAuth::require_and_verify;
  if (verifies && tls.client_ca.empty())
    reject(node, "client_auth_type asks to verify clients, but no client_ca_file says by whom");
  if (tls.client_auth == ClientAuth::none && !tls.client_ca.empty())
    reject(node, "client_ca_file has no effect without client_auth_type: "
                 "add RequireAndVerifyClientCert");
  if (!tls.client_allowed_sans.empty() && !requires_one)
    reject(node, "client_allowed_sans needs client_auth_type RequireAndVerifyClientCert "
                 "(or RequireAnyClientCert)");
}

void check_suites(const YAML::Node& node, const TlsConfig& tls) {
  for (const std::string& name : tls.cipher_suites)
    if (!is_tls12_suite(name) && !is_tls13_suite(name))
      reject(node, "cipher_suites: '" + name + "' is not known as a secure one");
}

std::vector<std::string> curves(const YamlSection& section) {
  std::vector<std::string> names;
  for (const std::string& word : section.list("curve_preferences")) {
    const auto name = openssl_curve(word);
    if (!name)
      reject(section.node("curve_preferences"),
             "curve_preferences: '" + word +
                 "' is none of CurveP256, CurveP384, CurveP521, X25519");
    names.push_back(*name);
  }
  return names;
}

std::optional<TlsConfig> tls_config(const YAML::Node& node, const std::filesystem::path& folder) {
  const YamlSection section(node, "tls_server_config",
                            {"cert_file", "key_file", "client_ca_file", "cert", "key", "client_ca",
                             "client_auth_type", "client_allowed_sans", "min_version",
                             "max_version", "cipher_suites", "curve_preferences",
                             "prefer_server_cipher_suites"});
  if (section.empty()) return std::nullopt;
  TlsConfig tls;
  tls.certificate = pem_source(section, "cert", "cert_file", folder);
  tls.key = pem_source(section, "key", "key_file", folder);
  tls.client_ca = pem_source(section, "client_ca", "client_ca_file", folder);
  tls.client_auth = client_auth(section);
  tls.client_allowed_sans = section.list("client_allowed_sans");
  if (section.has("client_allowed_sans") && tls.client_allowed_sans.empty())
    reject(section.node("client_allowed_sans"),
           "client_allowed_sans allows nobody: name a client, or remove it");
  tls.min_version = version(section, "min_version", tls.min_version);
  tls.max_version = version(section, "max_version", tls.max_version);
  tls.cipher_suites = section.list("cipher_suites");
  tls.curves = curves(section);
  tls.prefer_server_cipher_suites = section.flag("prefer_server_cipher_suites", true);

  if (tls.certificate.empty()) reject(node, "tls_server_config has no cert_file");
  if (tls.key.empty()) reject(node, "tls_server_config has no key_file");
  if (tls.min_version > tls.max_version) reject(node, "min_version is above max_version");
  check_client_auth(node, tls);
  check_suites(section.node("cipher_suites"), tls);
  return tls;
}

void check_header(const YAML::Node& place, const std::string& name, const std::string& value) {
  if (name == "X-Content-Type-Options" && value != "nosniff")
    reject(place, name + " must be nosniff");
  if (name == "X-Frame-Options" && value != "deny" && value != "sameorigin")
    reject(place, name + " must be deny or sameorigin");
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    reject(place, name + " must be one line");
}

std::map<std::string, std::string> http_headers(const YAML::Node& node) {
  const YamlSection section(node, "http_server_config", {"http2", "headers"});
  (void)section.flag("http2", true); // allows HTTP/2; a server may always answer by HTTP/1.1
  const YamlSection headers(section.node("headers"), "headers",
                            {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
                             "X-XSS-Protection", "Strict-Transport-Security"});
  std::map<std::string, std::string> result;
  for (const auto& [name, value] : headers.fields()) {
    const std::string text = yaml_text(value, name);
    check_header(value, name, text);
    if (!text.empty()) result.emplace(name, text);
  }
  return result;
}

Users users(const YAML::Node& node) {
  Users result;
  for (const auto& [name, value] : yaml_names(node, "basic_auth_users")) {
    const std::string hash = yaml_text(value, "the password of '" + name + "'");
    // The value is not shown: it may be a password in plain text.
    if (!is_bcrypt(hash))
      reject(value, "the password of '" + name +
                        "' is not a bcrypt hash ($2y$...): make one with 'htpasswd -nBC 10 USER'");
    if (name.find(':') != std::string::npos)
      reject(value, "the user '" + name + "' can never log in: a name must not have a ':'");
    result.emplace(name, hash);
  }
  return result;
}

Config config_of(const std::string& text, const std::filesystem::path& folder) {
  const std::vector<YAML::Node> documents = YAML::LoadAll(text);
  if (documents.empty()) return {};
  if (documents.size() > 1) reject(documents[1], "a second document has no effect: remove it");
  const std::string name = "the web configuration";
  const auto keys = yaml_names(documents[0], name);
  if (const auto found = keys.find("rate_limit"); found != keys.end())
    reject(found->second, "rate_limit is not supported: remove it");
  const YamlSection file(documents[0], name,
                         {"tls_server_config", "http_server_config", "basic_auth_users"});
  return {tls_config(file.node("tls_server_config"), folder),
          http_headers(file.node("http_server_config")), users(file.node("basic_auth_users"))};
}

} // namespace

util::Result<Config> parse_config(const std::string& text, const std::string& path) {
  const auto error = [&path](const YAML::Mark& mark, const std::string& why) {
    const std::string place = mark.is_null() ? "" : ", line " + std::to_string(mark.line + 1);
    return util::Error{"bad web configuration " + path + place, why, ""};
  };
  try {
    return config_of(text, std::filesystem::path(path).parent_path());
  } catch (const YAML::DeepRecursion& mistake) {
    return error(mistake.mark, "brackets or lists stand too deep in one another");
  } catch (const YAML::Exception& mistake) {
    return error(mistake.mark, mistake.msg);
  }
}

} // namespace mlockscope::web
