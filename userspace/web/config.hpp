// The web configuration file of Prometheus' exporters (exporter-toolkit,
// docs/web-configuration.md): TLS, who may read, extra headers. What this program cannot honour is
// refused, never skipped.
#pragma once

#include "util/result.hpp"
#include "web/authenticator.hpp"
#include "web/pem.hpp"
#include "web/tls_names.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mlockscope::web {

/// What is asked of a client's certificate; the words and meanings of Go's tls.ClientAuthType.
enum class ClientAuth {
  none,               ///< NoClientCert
  request,            ///< RequestClientCert: asked for, never judged
  require_any,        ///< RequireAnyClientCert: there must be one, who signed it does not matter
  verify_if_given,    ///< VerifyClientCertIfGiven
  require_and_verify, ///< RequireAndVerifyClientCert: the only one that keeps anybody out
};

struct TlsConfig {
  PemSource certificate; ///< with the intermediate ones behind it
  PemSource key;
  PemSource client_ca; ///< none unless certificates are verified
  ClientAuth client_auth = ClientAuth::none;
  std::vector<std::string> client_allowed_sans; ///< empty: any
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::vector<std::string> cipher_suites; ///< IANA names, up to TLS 1.2; empty: OpenSSL's default
  std::vector<std::string> curves;        ///< OpenSSL's names; empty: OpenSSL's default
  bool prefer_server_cipher_suites = true;
};

struct Config {
  std::optional<TlsConfig> tls; ///< none: plain HTTP
  std::map<std::string, std::string> headers;
  Users users; ///< none: no authentication
};

/// `path` is the file the text is from: files it names are relative to its folder, errors name it.
/// Empty text is a valid configuration of nothing. The error is the user's mistake, with its line.
[[nodiscard]] util::Result<Config> parse_config(const std::string& text, const std::string& path);

} // namespace mlockscope::web
