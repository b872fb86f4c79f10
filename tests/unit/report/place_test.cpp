#include "report/place.hpp"

#include "places.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using namespace report;
using places::frame;

TEST_CASE("the place is the function that called the C library") {
  CHECK(place_index(places::unlocking()) == 1);
  CHECK(place_of(places::locking()) != nullptr);
  CHECK(place_of({}) == nullptr);
  CHECK_FALSE(place_index({model::Frame{}, model::Frame{}}));
}

TEST_CASE("what passes a system call on is not the place, wherever it lies") {
  for (const char* module :
       {"/lib/x86_64-linux-gnu/libc.so.6", "/lib/libc-2.31.so", "/lib64/ld-linux-x86-64.so.2",
        "/lib/libpthread-2.31.so", "/lib/libpthread.so.0", "/lib/ld-musl-x86_64.so.1",
        "/lib/libc.musl-x86_64.so.1", "[vdso]", "/lib/libc.so.6 (deleted)"})
    CHECK(only_passes_on(frame("anything", module)));
  for (const char* symbol :
       {"mlock", "munlock", "__mlock2", "__munlock", "mlockall", "munlockall", "syscall", "__mmap",
        "mlock@@GLIBC_2.2.5", "__libc_fork", "_Fork", "internal/runtime/syscall.Syscall6"})
    CHECK(only_passes_on(frame(symbol, "/usr/bin/static-program")));
  for (const char* symbol : {"sodium_munlock", "mlock_all_keys", "my::mlock", "", "___"})
    CHECK_FALSE(only_passes_on(frame(symbol, "/usr/lib/libcrypto.so.3")));
  for (const char* module : {"/usr/lib/libcap.so.2", "/opt/libc-client.so", "/opt/ld-tool"})
    CHECK_FALSE(only_passes_on(frame("f", module)));
}

TEST_CASE("frames without a name are passed over, and the C library is better than nothing") {
  CHECK(place_index({places::libc("munlock"), model::Frame{}, frame("f", "/bin/x")}) == 2);
  CHECK(place_index({model::Frame{}, places::libc("munlock"), model::Frame{}}) == 1);
}

TEST_CASE("a place is told by line, by function or by module") {
  CHECK(place_text(places::unlocking()[1]) == "wipe.c:12 in wipe");
  CHECK(place_text(frame("wipe", "/opt/libkeys.so.1")) == "wipe+0x12 (libkeys.so.1)");
  CHECK(place_text(frame("", "/opt/libkeys.so.1")) == "libkeys.so.1+0x1012");
  CHECK(place_text(frame("jitted", "")) == "jitted+0x12");
  CHECK(place_text(frame("stub_0x7f00deadb000 /tmp/a.js:1", "")) == "stub_0x a.js:1+0x12");
  CHECK(place_text(model::Frame{}) == "unknown code");
  CHECK(place_text(model::Stack{}) == "an unknown place");
  CHECK(place_text(places::with_line(frame("", ""), "wipe.c", 3)) == "wipe.c:3");
}

TEST_CASE("in memory that is of no file an offset would be an address") {
  CHECK(place_text(frame("", "[heap]")) == "[heap]");
  CHECK(fingerprint(frame("", "[heap]")).empty());
  CHECK(fingerprint(frame("", "//anon")).empty());
}

TEST_CASE("hostile names are escaped and cut") {
  CHECK(place_text(frame("a\x1b[31m\n", "/x/\xff.so")) == R"(a\x1b[31m\x0a+0x12 (\xff.so))");
  std::string cut;
  for (int i = 0; i < 150; ++i) cut += "\xc3\xa4";
  const std::string text = place_text(frame(cut, ""));
  CHECK(text == cut.substr(0, 200) + "...+0x12");
  CHECK(place_text(frame(std::string(100'000, '\x80'), "")).size() < 1000);
}

TEST_CASE("a fingerprint has no address and no folder") {
  model::Frame moved = places::unlocking()[1];
  moved.addr += 0x5000;
  moved.module = "/elsewhere/libkeys.so.1 (deleted)";
  CHECK(fingerprint(moved) == "libkeys.so.1 wipe+0x12");
  CHECK(fingerprint(moved) == fingerprint(places::unlocking()[1]));
  model::Frame stripped = frame("", "/opt/libkeys.so.1");
  stripped.build_id = "\x01\xfe";
  CHECK(fingerprint(stripped) == "libkeys.so.1 01fe+0x1012");
  CHECK(fingerprint(model::Frame{}).empty());
}

TEST_CASE("names that are made up at run time lose what differs from run to run") {
  CHECK(steady_symbol("LazyCompile:~seal /home/me/app/seal.js:12") ==
        "LazyCompile:~seal seal.js:12");
  CHECK(steady_symbol("Function:~a file:///home/me/a.js:1:2") == "Function:~a a.js:1:2");
  CHECK(steady_symbol("stub_0x7f00deadb000_exit") == "stub_0x_exit");
  CHECK(steady_symbol("Path operator/(Path const&, char const*)") ==
        "Path operator/(Path const&, char const*)");
  CHECK(steady_symbol("").empty());
}

TEST_CASE("a module is named by its file") {
  CHECK(module_name("/usr/lib/liba.so") == "liba.so");
  CHECK(module_name("/usr/lib/liba.so (deleted)") == "liba.so");
  CHECK(module_name("[vdso]") == "[vdso]");
  CHECK(module_name("/").empty());
}
