// The words for versions, cipher suites and curves: Go's in the file, OpenSSL's in the calls.
#pragma once

#include <optional>
#include <string>

namespace mlockscope::web {

enum class TlsVersion { tls10, tls11, tls12, tls13 };

/// From TLS10, TLS11, TLS12, TLS13.
[[nodiscard]] std::optional<TlsVersion> tls_version(const std::string& word);

/// OpenSSL's number of a version.
[[nodiscard]] int openssl_version(TlsVersion);

/// Whether the name is one of the suites that Go counts as secure (tls.CipherSuites), and not one
/// of TLS 1.3: these cannot be chosen, in Go neither, and are always there where TLS 1.3 is.
[[nodiscard]] bool is_tls12_suite(const std::string& name);
[[nodiscard]] bool is_tls13_suite(const std::string& name);

/// From CurveP256, CurveP384, CurveP521, X25519.
[[nodiscard]] std::optional<std::string> openssl_curve(const std::string& name);

} // namespace mlockscope::web
