// Certificates made on the spot.
#pragma once

#include <memory>
#include <openssl/x509.h>
#include <string>

/// A key with its certificate.
class Identity {
public:
  /// An authority, signed by itself.
  static Identity authority(const std::string& name);
  /// Signed by `issuer`; `alternative_names` as OpenSSL writes them, "DNS:localhost,IP:127.0.0.1".
  static Identity issued_by(const Identity& issuer, const std::string& name,
                            const std::string& alternative_names);

  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] std::string key_pem() const;
  [[nodiscard]] X509* certificate() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

private:
  Identity();
  void fill(const std::string& name, const Identity& issuer);
  void extend(int kind, const std::string& value, const Identity& issuer);

  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};
