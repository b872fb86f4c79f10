// A TLS server's side of OpenSSL: certificate, versions, ciphers, and which clients may come.
#pragma once

#include "util/result.hpp"
#include "web/config.hpp"

#include <memory>
#include <openssl/ssl.h>

namespace mlockscope::web {

/// The PEM texts that a TlsConfig names.
struct TlsMaterial {
  std::string certificate, key, client_ca;

  bool operator==(const TlsMaterial&) const = default;
};

/// The error is a file that cannot be read.
[[nodiscard]] util::Result<TlsMaterial> read_material(const TlsConfig&);

/// Immutable once made; threads share it. Sessions are never resumed: each handshake judges the
/// client's certificate by the configuration that holds then.
class TlsContext {
public:
  /// The error is the user's mistake: no certificate in the text, a key that does not belong to it.
  static util::Result<std::shared_ptr<const TlsContext>> make(TlsConfig, const TlsMaterial&);

  /// A new session. The context must outlive it.
  [[nodiscard]] SSL* new_session() const { return ::SSL_new(context_.get()); }

private:
  explicit TlsContext(TlsConfig config);

  util::Status use_certificate(const std::string& pem);
  util::Status use_key(const std::string& pem);
  util::Status use_client_ca(const std::string& pem);
  util::Status use_algorithms();
  void judge_clients();
  static int judge_client(X509_STORE_CTX* chain, void* self);
  [[nodiscard]] bool is_allowed(X509* certificate) const;

  struct Free {
    void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  };

  TlsConfig config_;
  std::unique_ptr<SSL_CTX, Free> context_;
};

} // namespace mlockscope::web
