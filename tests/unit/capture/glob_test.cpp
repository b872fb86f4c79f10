#include "capture/glob.hpp"

#include "support/catch.hpp"

#include <fnmatch.h>

#include <random>
#include <string>

using mlockscope::capture::compile_glob;
using mlockscope::capture::matches;

namespace {

bool match(std::string_view pattern, std::string_view text) {
  const auto glob = compile_glob(pattern);
  REQUIRE(glob);
  return matches(*glob, text);
}

} // namespace

TEST_CASE("a glob matches whole names, not parts of them") {
  CHECK(match("gpg", "gpg"));
  CHECK_FALSE(match("gpg", "gpg-agent"));
  CHECK_FALSE(match("gpg", "xgpg"));
  CHECK_FALSE(match("gpg", ""));
}

TEST_CASE("stars stand for any number of characters, also none") {
  CHECK(match("gpg*", "gpg"));
  CHECK(match("gpg*", "gpg-agent"));
  CHECK(match("*agent", "ssh-agent"));
  CHECK(match("*a*e*", "gpg-agent"));
  CHECK(match("**", ""));
  CHECK_FALSE(match("*x", "agent"));
}

TEST_CASE("classes, ranges, negation and escapes work as in a shell") {
  CHECK(match("cpu[0-9]", "cpu7"));
  CHECK_FALSE(match("cpu[0-9]", "cpux"));
  CHECK(match("cpu[!0-9]", "cpux"));
  CHECK(match("[]a]b", "]b"));
  CHECK(match("a\\*", "a*"));
  CHECK_FALSE(match("a\\*", "ab"));
  CHECK(match("?\xff", "a\xff")); // names are bytes
}

TEST_CASE("patterns that cannot be are refused") {
  CHECK_FALSE(compile_glob(""));
  CHECK_FALSE(compile_glob("[a-"));
  CHECK_FALSE(compile_glob(std::string(31, 'a')));
  CHECK(compile_glob(std::string(30, 'a')));
}

TEST_CASE("random patterns match what fnmatch(3) matches") {
  std::mt19937 random(7); // NOLINT: the same patterns in every run
  const auto text_of = [&random](std::string_view letters, std::size_t most) {
    std::string text;
    const std::size_t length = random() % (most + 1);
    for (std::size_t i = 0; i < length; ++i) text += letters[random() % letters.size()];
    return text;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::string pattern = text_of("aab?**", 8), text = text_of("ab", 15);
    if (pattern.empty()) continue;
    INFO(pattern << " on " << text);
    CHECK(match(pattern, text) == (::fnmatch(pattern.c_str(), text.c_str(), 0) == 0));
  }
}
