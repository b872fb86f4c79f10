#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace {

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

long next_serial() {
  static long serial = 0;
  return ++serial;
}

} // namespace

Identity::Identity()
    : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {}

void Identity::extend(int kind, const std::string& value, const Identity& issuer) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.certificate(), certificate(), nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate(), extension, -1);
  X509_EXTENSION_free(extension);
}

void Identity::fill(const std::string& name, const Identity& issuer) {
  X509_set_version(certificate(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate()), next_serial());
  X509_gmtime_adj(X509_getm_notBefore(certificate()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate()), 3600);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate(), X509_get_subject_name(issuer.certificate()));
  X509_set_pubkey(certificate(), key());
}

Identity Identity::authority(const std::string& name) {
  Identity self;
  self.fill(name, self);
  self.extend(NID_basic_constraints, "critical,CA:TRUE", self);
  X509_sign(self.certificate(), self.key(), EVP_sha256());
  return self;
}

Identity Identity::issued_by(const Identity& issuer, const std::string& name,
                             const std::string& alternative_names) {
  Identity self;
  self.fill(name, issuer);
  self.extend(NID_subject_alt_name, alternative_names, issuer);
  X509_sign(self.certificate(), issuer.key(), EVP_sha256());
  return self;
}

std::string Identity::certificate_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate());
  return text_of(bio);
}

std::string Identity::key_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}
