#include "web/authenticator.hpp"
#include "web/password.hpp"

#include "support/catch.hpp"

#include <openssl/evp.h>

using namespace mlockscope::web;

namespace {

const std::string password = "correct horse";
const std::string hash_2y = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const std::string hash_2b = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
const std::string other_2a = "$2a$05$zyxwvutsrqponmlkjihgfev78mPCPU0UcbJ.xSUE4622rJ7WPkwUK";

std::string basic(const std::string& user, const std::string& word) {
  const std::string pair = user + ":" + word;
  std::string text(pair.size() * 2 + 4, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(pair.data()),
                                   static_cast<int>(pair.size()));
  return "Basic " + text.substr(0, static_cast<std::size_t>(size));
}

bool allows(Authenticator& authenticator, const Users& users, const std::string& header) {
  return authenticator.check(users, header) == Access::granted;
}

} // namespace

TEST_CASE("bcrypt hashes of all three spellings are checked") {
  CHECK(matches_bcrypt(password, hash_2y));
  CHECK(matches_bcrypt(password, hash_2b));
  CHECK(matches_bcrypt("battery staple", other_2a));
  CHECK_FALSE(matches_bcrypt("correct hors", hash_2y));
  CHECK_FALSE(matches_bcrypt("", hash_2y));
  // The C string ends where the zero byte is, the password does not.
  CHECK_FALSE(matches_bcrypt(password + std::string("\0more", 5), hash_2y));
}

TEST_CASE("what is no bcrypt hash is told apart") {
  CHECK(is_bcrypt(hash_2y));
  CHECK(is_bcrypt(other_2a));
  CHECK(bcrypt_cost(other_2a) == 5);
  for (std::string text :
       {std::string("plain text"), std::string(), hash_2y + "x", hash_2y.substr(0, 59),
        "$2x$04$" + hash_2y.substr(7), "$2y$03$" + hash_2y.substr(7), "$2y$32$" + hash_2y.substr(7),
        "$6$$$04$" + hash_2y.substr(8), "$2y$04$" + std::string(53, '+')})
    CHECK_FALSE(is_bcrypt(text));
}

TEST_CASE("a user comes in with the right password and nothing else") {
  Authenticator authenticator;
  const Users users = {{"alice", hash_2y}, {"bob", other_2a}};
  CHECK(allows(authenticator, users, basic("alice", password)));
  CHECK(allows(authenticator, users, basic("bob", "battery staple")));
  CHECK(allows(authenticator, users, "bAsIc " + basic("alice", password).substr(6)));
  CHECK_FALSE(allows(authenticator, users, basic("alice", "battery staple")));
  CHECK_FALSE(allows(authenticator, users, basic("carol", password)));
  CHECK_FALSE(allows(authenticator, users, basic("", "")));
  for (const char* header : {"", "Basic", "Basic ", "Basic !!!!", "Basic YWxpY2U=", "Basic =",
                             "Bearer YWxpY2U6eA==", "Basic YWxpY2U6eA=", "Basic ===="})
    CHECK_FALSE(allows(authenticator, users, header));
}

TEST_CASE("a password may hold colons") {
  Authenticator authenticator;
  // Of "a:b".
  const Users users = {{"u", "$2y$04$abcdefghijklmnopqrstuuIQ9AyrP6qHpzJiEKQ5zxtEz3TPNwuMe"}};
  CHECK(allows(authenticator, users, basic("u", "a:b")));
  CHECK_FALSE(allows(authenticator, users, basic("u", "a")));
}

TEST_CASE("what was right once is no longer when the user has gone or has another password") {
  Authenticator authenticator;
  const std::string header = basic("alice", password);
  REQUIRE(allows(authenticator, {{"alice", hash_2y}}, header));
  CHECK(allows(authenticator, {{"alice", hash_2y}}, header));
  CHECK_FALSE(allows(authenticator, {{"alice", other_2a}}, header));
  // bob has the hash that alice had: it stands in for her, and must not let her in.
  CHECK_FALSE(allows(authenticator, {{"bob", hash_2y}}, header));
  CHECK_FALSE(allows(authenticator, {}, header));
}

TEST_CASE("a password that was right is not hashed again") {
  int checks = 0;
  Authenticator authenticator([&checks](const std::string& word, const std::string& hash) {
    ++checks;
    return matches_bcrypt(word, hash);
  });
  const Users users = {{"alice", hash_2y}};
  for (int i = 0; i < 10; ++i) REQUIRE(allows(authenticator, users, basic("alice", password)));
  CHECK(checks == 1);
  for (int i = 0; i < 10; ++i) REQUIRE_FALSE(allows(authenticator, users, basic("alice", "x")));
  CHECK(checks == 11);
}

TEST_CASE("after stop() nothing is checked, and what was right before still is") {
  Authenticator authenticator;
  const Users users = {{"alice", hash_2y}};
  REQUIRE(allows(authenticator, users, basic("alice", password)));
  authenticator.stop();
  CHECK(authenticator.check(users, basic("alice", "x")) == Access::busy);
  CHECK(authenticator.check(users, basic("alice", password)) == Access::granted);
}

TEST_CASE("more users than the memory holds still come in") {
  Authenticator authenticator;
  Users users;
  for (int i = 0; i < 80; ++i) users["user" + std::to_string(i)] = hash_2y;
  for (const auto& [name, hash] : users) CHECK(allows(authenticator, users, basic(name, password)));
  CHECK(allows(authenticator, users, basic("user0", password)));
}
