#include "report/text.hpp"

#include "report/clock.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <random>

using namespace mlockscope;
using namespace mlockscope::report;

TEST_CASE("text that can be seen stays as it is") {
  CHECK(escape("demo") == "demo");
  CHECK(escape("gr\u00fc\u00dfe \u65e5\u672c \U0001f512") ==
        "gr\u00fc\u00dfe \u65e5\u672c \U0001f512");
  CHECK(escape("") == "");
  CHECK(escape("a\"b'c") == "a\"b'c");
}

TEST_CASE("control characters cannot reach a terminal") {
  CHECK(escape("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
  CHECK(escape("a\nb\tc\rd") == "a\\x0ab\\x09c\\x0dd");
  CHECK(escape(std::string_view("\0x", 2)) == "\\x00x");
  CHECK(escape("\x7f") == "\\x7f");
  CHECK(escape("\u009b31m") == "\\u{9b}31m"); // CSI in one character
}

TEST_CASE("characters that hide or reorder text are shown by number") {
  CHECK(escape("a\u202eb") == "a\\u{202e}b");
  CHECK(escape("\u2066\u2069\u200f\u061c") == "\\u{2066}\\u{2069}\\u{200f}\\u{61c}");
  CHECK(escape("\u2028\u2029") == "\\u{2028}\\u{2029}");
  CHECK(escape("\u200b\ufeff\u00ad") == "\\u{200b}\\u{feff}\\u{ad}");
  CHECK(escape("\U000e0041") == "\\u{e0041}");
  CHECK(escape("\uffff\U0001fffe") == "\\u{ffff}\\u{1fffe}");
}

TEST_CASE("what is not UTF-8 is shown byte by byte") {
  CHECK(escape("\xff\xfe") == "\\xff\\xfe");
  CHECK(escape("a\x80"
               "b") == "a\\x80b");
  CHECK(escape("\xc0\xaf") == "\\xc0\\xaf");                   // an overlong slash
  CHECK(escape("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");          // another
  CHECK(escape("\xed\xa0\x80") == "\\xed\\xa0\\x80");          // a surrogate
  CHECK(escape("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80"); // beyond Unicode
  CHECK(escape("\xe6\x97") == "\\xe6\\x97");                   // cut short, as a comm can be
  CHECK(escape("\xe6"
               "a") == "\\xe6"
                       "a");
}

TEST_CASE("whatever the bytes, what is left is visible UTF-8 that needs no second escape") {
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(random() % 12, ' ');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string shown = escape(bytes);
    for (const char c : shown) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    std::replace(shown.begin(), shown.end(), '\\', '/');
    REQUIRE(escape(shown) == shown);
  }
}

TEST_CASE("an escape cannot be forged") { CHECK(escape("\\x1b") == "\\\\x1b"); }

TEST_CASE("sizes are exact where that is readable") {
  CHECK(size_words(0) == "0 B");
  CHECK(size_words(32) == "32 B");
  CHECK(size_words(4064) == "4064 B");
  CHECK(size_words(4096) == "4 KiB");
  CHECK(size_words(65536 + 4096) == "68 KiB");
  CHECK(size_words(2 << 20) == "2 MiB");
  CHECK(size_words(12345) == "12.1 KiB");
  CHECK(size_words(1023 * 1024 + 1023) == "1.0 MiB");
  CHECK(size_words(UINT64_MAX) == "16.0 EiB");
}

TEST_CASE("durations have a unit a person would choose") {
  CHECK(duration(0) == "0 ns");
  CHECK(duration(999) == "999 ns");
  CHECK(duration(1'200'000) == "1.2 ms");
  CHECK(duration(999'999) == "1.0 ms");
  CHECK(duration(3'400'000'000) == "3.4 s");
  CHECK(duration(59'999'000'000) == "1 min 0 s");
  CHECK(duration(125'000'000'000) == "2 min 5 s");
  CHECK(duration(12'000'000'000'000) == "3 h 20 min");
  CHECK(duration(360'000'000'000'000) == "4 d 4 h");
}

TEST_CASE("return values and errnos have names") {
  CHECK(result_text(0) == "0");
  CHECK(result_text(-ENOMEM) == "ENOMEM");
  CHECK(result_text(-512) == "errno 512");
  CHECK(result_text(0x7f00deadb000) == "0x7f00deadb000");
  CHECK(errno_of(-4096) == 0);
  CHECK(errno_of(5) == 0);
  CHECK(range_text(model::ByteRange{0x1000, 0x1020}) == "0x1000-0x1020");
}

TEST_CASE("times are RFC 3339 in UTC with all nine digits") {
  CHECK(rfc3339(Clock{0}, 1) == "1970-01-01T00:00:00.000000001Z");
  CHECK(rfc3339(Clock{1'709'251'199'000'000'000}, 999'999'999) == "2024-02-29T23:59:59.999999999Z");
  CHECK(rfc3339(Clock{-1}, 0) == "1969-12-31T23:59:59.999999999Z");
  CHECK(time_of_day(Clock{0}, 3'661'005'999'999) == "01:01:01.005");
}

TEST_CASE("this system's clock is in this century") {
  const std::string now = rfc3339(Clock::of_this_system(), 0);
  CHECK(now.substr(0, 2) == "20");
}
