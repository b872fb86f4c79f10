#include "strace/line_text.hpp"

#include "strace/memory_calls.hpp"
#include "strace/values.hpp"
#include "support/catch.hpp"

using namespace mlockscope::strace;

TEST_CASE("what stands before a call: pid, time, numbers in brackets") {
  struct Case {
    const char* line;
    std::uint32_t tid;
    Stamp::Kind kind;
    std::uint64_t nanoseconds;
  };
  for (const Case& each :
       {Case{"mlock(", 0, Stamp::Kind::none, 0}, Case{"12  mlock(", 12, Stamp::Kind::none, 0},
        Case{"[pid    12] mlock(", 12, Stamp::Kind::none, 0},
        Case{"12<a b> mlock(", 12, Stamp::Kind::none, 0},
        Case{"[pid 12<\\76]\"> ] mlock(", 0, Stamp::Kind::none, 0},
        Case{"1700000000.5 mlock(", 0, Stamp::Kind::epoch, 1'700'000'000'500'000'000},
        Case{"12 1700000000.123456789 mlock(", 12, Stamp::Kind::epoch, 1'700'000'000'123'456'789},
        Case{"12 1700000000 mlock(", 12, Stamp::Kind::epoch, 1'700'000'000'000'000'000},
        Case{"1700000000 mlock(", 0, Stamp::Kind::epoch, 1'700'000'000'000'000'000},
        Case{"12 01:02:03 mlock(", 12, Stamp::Kind::day, 3'723'000'000'000},
        Case{"01:02:03.25 (+     0.5) [ 149] [00007f702cdfd45d] mlock(", 0, Stamp::Kind::day,
             3'723'250'000'000},
        Case{"     0.000012 mlock(", 0, Stamp::Kind::relative, 12'000},
        Case{"12      0.000012 [????????????????] mlock(", 12, Stamp::Kind::relative, 12'000}}) {
    const Prefix prefix = read_prefix(each.line);
    INFO(each.line);
    if (std::string_view(each.line).find("> ]") != std::string_view::npos) continue;
    CHECK(prefix.tid.value_or(0) == each.tid);
    CHECK(prefix.stamp.kind == each.kind);
    CHECK(prefix.stamp.nanoseconds == each.nanoseconds);
    CHECK(prefix.body == "mlock(");
  }
  CHECK(read_prefix("12<a b> mlock(").comm == "a b");
}

TEST_CASE("what a line tells") {
  using Kind = Body::Kind;
  CHECK(read_body("mlock(0x1, 2) = 0").kind == Kind::call);
  CHECK(read_body("mlock(0x1, 2 <unfinished ...>").kind == Kind::begun);
  CHECK(read_body("mlock(0x1, 2 <unfinished ...>").text == "mlock(0x1, 2");
  CHECK(read_body("pause( <detached ...>").kind == Kind::begun);
  CHECK(read_body("execve(\"./e\" <pid changed to 7004 ...>").kind == Kind::begun);
  CHECK(read_body("<... mlock resumed>) = 0").kind == Kind::resumed);
  CHECK(read_body("<... mlock resumed>) = 0").name == "mlock");
  CHECK(read_body("+++ exited with 0 +++").kind == Kind::ended);
  CHECK(read_body("+++ killed by SIGSEGV (core dumped) +++").kind == Kind::ended);
  CHECK(read_body("+++ superseded by execve in pid 12 +++").tid == 12);
  CHECK(read_body("--- SIGCHLD {si_signo=SIGCHLD} ---").kind == Kind::passed);
  CHECK(read_body("strace: Process 12 attached").tid == 12);
  CHECK(read_body("strace: Process 12 detached").kind == Kind::passed);
  CHECK(read_body("> /usr/lib/libc.so.6(mlock+0x7) [0x101b97]").kind == Kind::passed);
  CHECK(read_body("hello").kind == Kind::other);
  CHECK(read_body("").kind == Kind::other);
}

TEST_CASE("arguments are split at their commas, and at no others") {
  const auto call = read_call("f(\"a, \\\"b)\", {x=1, y=[2, 3]}, 4</tmp/a, b>, 5 /* c, d */, "
                              "6<TCP:[1.2.3.4:5->6.7.8.9:10]>, (7, 8)) = 0x9 (x)");
  REQUIRE(call);
  REQUIRE(call->count == 6);
  CHECK((*call)[0] == "\"a, \\\"b)\"");
  CHECK((*call)[1] == "{x=1, y=[2, 3]}");
  CHECK((*call)[2] == "4</tmp/a, b>");
  CHECK((*call)[4] == "6<TCP:[1.2.3.4:5->6.7.8.9:10]>");
  CHECK((*call)[6] == "");
  CHECK(call->result == "0x9 (x)");
  CHECK(read_call("f() = ?")->count == 0);
  CHECK_FALSE(read_call("f(1, 2"));
  CHECK_FALSE(read_call("f(1, 2)"));
  CHECK(field("{flags=CLONE_VM|CLONE_FS, stack=0x7}", "stack") == "0x7");
  CHECK(field("{xflags=1, y=\"flags=2\"}", "flags") == "");
}

TEST_CASE("numbers, flags and strings") {
  CHECK(read_number("0x7f") == 0x7f);
  CHECK(read_number("0600") == 0600);
  CHECK(read_number("0") == 0);
  CHECK(read_number("-1") == UINT64_MAX);
  CHECK(read_number("NULL") == 0);
  CHECK(read_number("3</dev/null>") == 3);
  CHECK(read_number("0x58 /* 88 */") == 88);
  for (const char* bad :
       {"", "-", "0x", "0x1g", "12a", "18446744073709551616", "NULLS", "ab", "09"})
    CHECK_FALSE(read_number(bad));
  constexpr auto words = std::to_array<Word>({{"A", 1}, {"B", 2}});
  CHECK(read_flags("A|B", words) == 3u);
  CHECK(read_flags("A|0x10|C", words) == 0x11u);
  CHECK(read_flags("0 /* A|B */", words) == 0u);
  CHECK_FALSE(read_flags("A||B", words));
  CHECK_FALSE(read_flags("", words));
  CHECK(read_string("\"\\x41\\102\\n\\\\\\\"\"...", 100) == "AB\n\\\"");
  CHECK(read_string("\"abcdef\"", 3) == "abc");
  CHECK_FALSE(read_string("0x7f", 100));
  CHECK_FALSE(read_string("\"abc", 100));
  CHECK(read_string(std::string_view("\"a\0b\"", 5), 100) == std::string("a\0b", 3));
}

TEST_CASE("results") {
  CHECK(read_outcome("0")->value == 0);
  CHECK(read_outcome("0x7f00 <0.25>")->value == 0x7f00);
  CHECK(read_outcome("0x7f00 <0.25>")->duration == 250'000'000);
  CHECK(read_outcome("-1 ENOMEM (Cannot allocate memory)")->value == -12);
  CHECK(read_outcome("? <unavailable>")->kind == Outcome::Kind::unknown);
  CHECK(read_outcome("?")->kind == Outcome::Kind::unknown);
  CHECK(read_outcome("7549<a b>")->value == 7549);
  CHECK(read_outcome("12 /* 7549 in strace's PID NS */")->value == 7549);
  for (const char* bad : {"", "-1", "-1 EWHAT (What)", "zero"}) CHECK_FALSE(read_outcome(bad));
}

TEST_CASE("what clone shares") {
  CHECK(read_clone("fork", ")")->memory == false);
  CHECK(read_clone("vfork", "")->memory);
  CHECK(read_clone("clone", "child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD")->memory == false);
  CHECK(read_clone("clone", "child_stack=0x1, flags=CLONE_VM|CLONE_THREAD, tls=0")->thread);
  CHECK(read_clone("clone", "0x10100, 0x5619, 0, 0")->thread);
  CHECK(read_clone("clone", "child_stack=0x1, flags=0x100|17")->memory);
  CHECK(read_clone("clone3", "{flags=0x3d0f00, exit_signal=0}, 88")->thread);
  CHECK_FALSE(read_clone("clone3", "0x7ffe, 0x58"));
}
