// Basic authentication (RFC 7617) against bcrypt hashes.
//
// bcrypt is slow on purpose: tens of milliseconds of processor time a check. A scraper comes every
// few seconds with the same password, so checks that succeeded are remembered. What is remembered
// is a keyed digest of user, hash and password, under a key that only this process has and that
// dies with it: the memory holds no password, and a changed hash is a different entry.
//
// Checks that are not remembered take turns, and few may wait for theirs: a crowd that guesses
// takes one processor and a few threads at most, and a scraper whose password is remembered does
// not notice it.
#pragma once

#include "web/password.hpp"
#include "web/turns.hpp"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace mlockscope::web {

/// Names and their bcrypt hashes.
using Users = std::map<std::string, std::string>;

/// Whether a password belongs to a hash; see matches_bcrypt().
using PasswordCheck = std::function<bool(const std::string& password, const std::string& hash)>;

enum class Access {
  granted,
  denied,
  busy, ///< not checked: enough others wait for a check, or stop() was called
};

class Authenticator {
public:
  explicit Authenticator(PasswordCheck matches = matches_bcrypt);

  /// `header` is the value of Authorization; it may be empty or anything else. For a user that does
  /// not exist a hash is computed all the same, the most expensive of those that do: the time tells
  /// nothing of who exists where all hashes have one cost. Threads may call it at once; who is
  /// remembered waits for nobody.
  [[nodiscard]] Access check(const Users& users, const std::string& header);

  /// Whoever waits for a check leaves, and nobody waits any more; one that runs comes to its end.
  void stop() { turns_.close(); }

private:
  using Digest = std::array<unsigned char, 32>;

  [[nodiscard]] Digest digest(const std::string& user, const std::string& hash,
                              const std::string& password) const;
  [[nodiscard]] bool remembers(const Digest&);
  void remember(const Digest&);

  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t most_waiting = 2;

  const PasswordCheck matches_;
  Digest key_;
  std::mutex recent_lock_;
  std::deque<Digest> recent_; ///< successful checks, oldest first
  Turns turns_{most_waiting};
};

} // namespace mlockscope::web
