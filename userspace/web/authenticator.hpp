// Basic authentication (RFC 7617) against bcrypt hashes.
//
// bcrypt is slow on purpose: tens of milliseconds of processor time a check. A scraper comes every
// few seconds with the same password, so checks that succeeded are remembered. What is remembered
// is a keyed digest of user, hash and password, under a key that only this process has and that
// dies with it: the memory holds no password, and a changed hash is a different entry.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <string>

namespace mlockscope::web {

/// Names and their bcrypt hashes.
using Users = std::map<std::string, std::string>;

class Authenticator {
public:
  Authenticator();

  /// `header` is the value of Authorization; it may be empty or anything else. For a user that does
  /// not exist a hash is computed all the same, the most expensive of those that do: the time tells
  /// nothing of who exists where all hashes have one cost. Threads may call it at once; one hash is
  /// computed at a time, so that a guesser takes one processor at most.
  [[nodiscard]] bool allows(const Users& users, const std::string& header);

private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] Digest digest(const std::string& user, const std::string& hash,
                              const std::string& password) const;
  [[nodiscard]] bool remembers(const Digest&);
  void remember(const Digest&);

  static constexpr std::size_t capacity = 64;

  Digest key_;
  std::mutex recent_lock_;
  std::deque<Digest> recent_; ///< successful checks, oldest first
  std::mutex bcrypt_lock_;
};

} // namespace mlockscope::web
