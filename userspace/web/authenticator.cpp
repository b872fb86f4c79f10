#include "web/authenticator.hpp"

#include <algorithm>
#include <cstdlib>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>
#include <string_view>
#include <strings.h>
#include <unistd.h>

namespace mlockscope::web {
namespace {

struct Credentials {
  std::string user, password;
};

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size())) return std::nullopt;
  // EVP_DecodeBlock counts the zero bytes that stand for the padding.
  for (int i = 0; i < 2 && text.back() == '='; ++i, text.remove_suffix(1)) bytes.pop_back();
  return bytes;
}

std::optional<Credentials> parse(const std::string& header) {
  constexpr std::string_view scheme = "Basic ";
  if (header.size() < scheme.size() ||
      ::strncasecmp(header.c_str(), scheme.data(), scheme.size()) != 0)
    return std::nullopt;
  const auto pair = decode_base64(std::string_view(header).substr(scheme.size()));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

/// The hash that stands for a user who is not there.
const std::string& most_expensive(const Users& users) {
  const auto by_cost = [](const auto& a, const auto& b) {
    return bcrypt_cost(a.second) < bcrypt_cost(b.second);
  };
  return std::max_element(users.begin(), users.end(), by_cost)->second;
}

} // namespace

Authenticator::Authenticator(PasswordCheck matches) : matches_(std::move(matches)) {
  // So few bytes fail only on a kernel that has no getrandom (before 3.17).
  if (::getentropy(key_.data(), key_.size()) != 0) std::abort();
}

Access Authenticator::check(const Users& users, const std::string& header) {
  const auto credentials = parse(header);
  if (!credentials || users.empty()) return Access::denied;
  const auto found = users.find(credentials->user);
  const bool exists = found != users.end();
  const std::string& hash = exists ? found->second : most_expensive(users);

  const Digest entry = digest(credentials->user, hash, credentials->password);
  if (exists && remembers(entry)) return Access::granted;
  const Turn turn(turns_);
  if (!turn) return Access::busy;
  // Whoever had the turn before may have been the same client, on another connection.
  if (exists && remembers(entry)) return Access::granted;
  const bool matches = matches_(credentials->password, hash);
  if (!exists || !matches) return Access::denied;
  remember(entry);
  return Access::granted;
}

Authenticator::Digest Authenticator::digest(const std::string& user, const std::string& hash,
                                            const std::string& password) const {
  // Lengths in front: no two triples give the same text.
  const std::string text = std::to_string(user.size()) + ":" + user + std::to_string(hash.size()) +
                           ":" + hash + password;
  Digest result{};
  ::HMAC(::EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), result.data(), nullptr);
  return result;
}

bool Authenticator::remembers(const Digest& check) {
  const std::lock_guard lock(recent_lock_);
  // Comparing digests under a secret key tells nothing about passwords.
  return std::find(recent_.begin(), recent_.end(), check) != recent_.end();
}

void Authenticator::remember(const Digest& check) {
  const std::lock_guard lock(recent_lock_);
  if (recent_.size() == capacity) recent_.pop_front();
  recent_.push_back(check);
}

} // namespace mlockscope::web
