#include "web/tls_names.hpp"

#include <algorithm>
#include <array>
#include <openssl/tls1.h>
#include <string_view>

namespace mlockscope::web {
namespace {

constexpr std::array<std::string_view, 14> tls12_suites = {
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
};
constexpr std::array<std::string_view, 3> tls13_suites = {
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
};

template <class Names> bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

std::optional<TlsVersion> tls_version(const std::string& word) {
  if (word == "TLS10") return TlsVersion::tls10;
  if (word == "TLS11") return TlsVersion::tls11;
  if (word == "TLS12") return TlsVersion::tls12;
  if (word == "TLS13") return TlsVersion::tls13;
  return std::nullopt;
}

int openssl_version(TlsVersion version) {
  switch (version) {
  case TlsVersion::tls10:
    return TLS1_VERSION;
  case TlsVersion::tls11:
    return TLS1_1_VERSION;
  case TlsVersion::tls12:
    return TLS1_2_VERSION;
  case TlsVersion::tls13:
    break;
  }
  return TLS1_3_VERSION;
}

bool is_tls12_suite(const std::string& name) { return holds(tls12_suites, name); }
bool is_tls13_suite(const std::string& name) { return holds(tls13_suites, name); }

std::optional<std::string> openssl_curve(const std::string& name) {
  if (name == "CurveP256") return "P-256";
  if (name == "CurveP384") return "P-384";
  if (name == "CurveP521") return "P-521";
  if (name == "X25519") return "X25519";
  return std::nullopt;
}

} // namespace mlockscope::web
