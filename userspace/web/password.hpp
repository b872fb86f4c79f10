// Passwords as bcrypt hashes, which libcrypt computes.
#pragma once

#include <string>

namespace mlockscope::web {

/// Whether the text is a bcrypt hash: $2a$, $2b$ or $2y$, a cost from 04 to 31, salt and digest.
[[nodiscard]] bool is_bcrypt(const std::string& hash);

/// The work factor of a hash that is_bcrypt(): each step more doubles the time.
[[nodiscard]] int bcrypt_cost(const std::string& hash);

/// Takes as long as the hash's cost makes it, whatever the password. bcrypt looks at the first 72
/// bytes; a password with a zero byte never matches.
[[nodiscard]] bool matches_bcrypt(const std::string& password, const std::string& hash);

} // namespace mlockscope::web
