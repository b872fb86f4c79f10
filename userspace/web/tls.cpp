#include "web/tls.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace mlockscope::web {
namespace {

template <auto Function> struct Call {
  template <class T> void operator()(T* object) const { Function(object); }
};
using Bio = std::unique_ptr<BIO, Call<::BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Call<::X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Call<::EVP_PKEY_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Call<::GENERAL_NAMES_free>>;

Bio reader(const std::string& text) {
  return Bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// The oldest error of OpenSSL's queue, which is the cause of the others; empties the queue.
std::string openssl_reason() {
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  const char* reason = ::ERR_reason_error_string(code);
  return reason ? reason : "";
}

std::string place(const PemSource& source, const char* key) {
  return source.path.empty() ? key : source.path;
}

/// Instead of OpenSSL's own, which asks the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string text_of(const ASN1_STRING* string) {
  const auto* bytes = reinterpret_cast<const char*>(::ASN1_STRING_get0_data(string));
  return {bytes, static_cast<std::size_t>(::ASN1_STRING_length(string))};
}

std::string ip_text(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (family == AF_INET6 && bytes.size() != sizeof(in6_addr)) return "";
  return ::inet_ntop(family, bytes.data(), text.data(), text.size()) ? text.data() : "";
}

/// DNS name, e-mail address, URI or IP address as text; "" for other kinds of names.
std::string text_of(const GENERAL_NAME& name) {
  switch (name.type) {
  case GEN_DNS:
  case GEN_EMAIL:
  case GEN_URI:
    return text_of(name.d.ia5);
  case GEN_IPADD:
    return ip_text(text_of(name.d.iPAddress));
  default:
    return "";
  }
}

/// The suites up to TLS 1.2 in OpenSSL's names and form.
std::string openssl_suites(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names)
    if (is_tls12_suite(name))
      list += (list.empty() ? "" : ":") + std::string(::OPENSSL_cipher_name(name.c_str()));
  return list;
}

} // namespace

util::Result<TlsMaterial> read_material(const TlsConfig& config) {
  auto certificate = read_pem(config.certificate);
  if (!certificate) return certificate.error();
  auto key = read_pem(config.key);
  if (!key) return key.error();
  auto client_ca = read_pem(config.client_ca);
  if (!client_ca) return client_ca.error();
  return TlsMaterial{certificate.take(), key.take(), client_ca.take()};
}

TlsContext::TlsContext(TlsConfig config)
    : config_(std::move(config)), context_(::SSL_CTX_new(::TLS_server_method())) {}

util::Result<std::shared_ptr<const TlsContext>> TlsContext::make(TlsConfig config,
                                                                 const TlsMaterial& material) {
  const std::shared_ptr<TlsContext> tls(new TlsContext(std::move(config)));
  if (!tls->context_) return util::Error{"cannot set up TLS", openssl_reason(), ""};
  ::ERR_clear_error();
  if (auto done = tls->use_certificate(material.certificate); !done) return done.error();
  if (auto done = tls->use_key(material.key); !done) return done.error();
  if (auto done = tls->use_client_ca(material.client_ca); !done) return done.error();
  if (auto done = tls->use_algorithms(); !done) return done.error();
  tls->judge_clients();
  return std::shared_ptr<const TlsContext>(tls);
}

util::Status TlsContext::use_certificate(const std::string& pem) {
  const Bio bio = reader(pem);
  const std::string where = place(config_.certificate, "cert");
  const Certificate own(::PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  if (!own || ::SSL_CTX_use_certificate(context_.get(), own.get()) != 1)
    return util::Error{"cannot use the certificate of " + where, openssl_reason(),
                       "it must begin with a certificate in PEM form"};
  while (Certificate next{::PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)})
    if (::SSL_CTX_add0_chain_cert(context_.get(), next.get()) == 1) (void)next.release();
  ::ERR_clear_error(); // the end of the text
  return util::success();
}

util::Status TlsContext::use_key(const std::string& pem) {
  const std::string where = place(config_.key, "key");
  const Key key(::PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (!key)
    return util::Error{"cannot use the key of " + where, openssl_reason(),
                       "it must be a private key in PEM form without a passphrase"};
  if (::SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1 ||
      ::SSL_CTX_check_private_key(context_.get()) != 1)
    return util::Error{"cannot use the key of " + where, openssl_reason(),
                       "it must belong to the certificate of " +
                           place(config_.certificate, "cert")};
  return util::success();
}

util::Status TlsContext::use_client_ca(const std::string& pem) {
  if (config_.client_ca.empty()) return util::success();
  const Bio bio = reader(pem);
  X509_STORE* trusted = ::SSL_CTX_get_cert_store(context_.get());
  // Whatever certificate the file holds is trusted, also an intermediate one, as in Go.
  ::X509_STORE_set_flags(trusted, X509_V_FLAG_PARTIAL_CHAIN);
  int count = 0;
  while (const Certificate next{::PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    // The store keeps a reference; the names are what clients are asked for.
    if (::X509_STORE_add_cert(trusted, next.get()) == 1 &&
        ::SSL_CTX_add_client_CA(context_.get(), next.get()) == 1)
      ++count;
  }
  const std::string reason = openssl_reason();
  if (count > 0) return util::success();
  return util::Error{"cannot use the authorities of " + place(config_.client_ca, "client_ca"),
                     reason, "it must hold certificates in PEM form"};
}

util::Status TlsContext::use_algorithms() {
  SSL_CTX* context = context_.get();
  const std::string suites = openssl_suites(config_.cipher_suites);
  // Suites that are all of TLS 1.3 leave nothing that an older version could use.
  const bool only_tls13 = !config_.cipher_suites.empty() && suites.empty();
  const TlsVersion least = only_tls13 ? TlsVersion::tls13 : config_.min_version;
  // OpenSSL keeps the old versions from working at its usual security level; who asks for them in
  // so many words gets them.
  if (least < TlsVersion::tls12) ::SSL_CTX_set_security_level(context, 0);
  ::SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (config_.prefer_server_cipher_suites)
    ::SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_num_tickets(context, 0);
  // A write may be tried again from another buffer, as after waiting for the client.
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);

  std::string groups;
  for (const std::string& curve : config_.curves) groups += (groups.empty() ? "" : ":") + curve;
  const bool fine =
      ::SSL_CTX_set_min_proto_version(context, openssl_version(least)) == 1 &&
      ::SSL_CTX_set_max_proto_version(context, openssl_version(config_.max_version)) == 1 &&
      (suites.empty() || ::SSL_CTX_set_cipher_list(context, suites.c_str()) == 1) &&
      (groups.empty() || ::SSL_CTX_set1_groups_list(context, groups.c_str()) == 1);
  if (fine && least <= config_.max_version) return util::success();
  return util::Error{"cannot set up TLS", openssl_reason(),
                     "this OpenSSL does not offer these versions, suites and curves together"};
}

void TlsContext::judge_clients() {
  int mode = SSL_VERIFY_NONE;
  if (config_.client_auth != ClientAuth::none) mode = SSL_VERIFY_PEER;
  if (config_.client_auth == ClientAuth::require_any ||
      config_.client_auth == ClientAuth::require_and_verify)
    mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  ::SSL_CTX_set_verify(context_.get(), mode, nullptr);
  ::SSL_CTX_set_cert_verify_callback(context_.get(), &TlsContext::judge_client, this);
}

/// OpenSSL asks when a client has sent a certificate. 0: refused, by an alert that says why.
int TlsContext::judge_client(X509_STORE_CTX* chain, void* self) {
  const auto& tls = *static_cast<const TlsContext*>(self);
  const bool verifies = tls.config_.client_auth == ClientAuth::verify_if_given ||
                        tls.config_.client_auth == ClientAuth::require_and_verify;
  if (verifies && ::X509_verify_cert(chain) != 1) return 0;
  if (tls.config_.client_allowed_sans.empty()) return 1;
  if (tls.is_allowed(::X509_STORE_CTX_get0_cert(chain))) return 1;
  ::X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

bool TlsContext::is_allowed(X509* certificate) const {
  const Names names(static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const auto& allowed = config_.client_allowed_sans;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (!name.empty() && std::find(allowed.begin(), allowed.end(), name) != allowed.end())
      return true;
  }
  return false;
}

} // namespace mlockscope::web
