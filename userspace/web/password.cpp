#include "web/password.hpp"

#include <algorithm>
#include <crypt.h>
#include <cstring>
#include <memory>
#include <openssl/crypto.h>
#include <string_view>

namespace mlockscope::web {
namespace {

// "$2y$10$", 22 characters of salt, 31 of digest.
constexpr std::size_t hash_length = 60;
constexpr std::size_t salt_offset = 7;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_bcrypt_base64(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}

} // namespace

bool is_bcrypt(const std::string& hash) {
  if (hash.size() != hash_length || hash.compare(0, 2, "$2") != 0) return false;
  if (std::string_view("aby").find(hash[2]) == std::string_view::npos) return false;
  if (hash[3] != '$' || !is_digit(hash[4]) || !is_digit(hash[5]) || hash[6] != '$') return false;
  const int cost = bcrypt_cost(hash);
  return cost >= 4 && cost <= 31 &&
         std::all_of(hash.begin() + salt_offset, hash.end(), is_bcrypt_base64);
}

int bcrypt_cost(const std::string& hash) { return (hash[4] - '0') * 10 + (hash[5] - '0'); }

bool matches_bcrypt(const std::string& password, const std::string& hash) {
  const auto work = std::make_unique<crypt_data>(); // 32 KiB, too much for a stack
  const char* computed = ::crypt_r(password.c_str(), hash.c_str(), work.get());
  const bool same = computed && std::strlen(computed) == hash.size() &&
                    CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(work.get(), sizeof *work);
  return same && password.find('\0') == std::string::npos;
}

} // namespace mlockscope::web
