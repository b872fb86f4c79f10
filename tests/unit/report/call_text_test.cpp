#include "report/call_text.hpp"

#include "support/catch.hpp"

#include <sys/mman.h>

using namespace mlockscope::report;
using mlockscope::model::Call;

TEST_CASE("calls are written with the arguments they have") {
  CHECK(call_text(Call::munlock, 0x1000, 32, 0) == "munlock(0x1000, 32)");
  CHECK(call_text(Call::mlock2, 0x1000, 32, 1) == "mlock2(0x1000, 32, MLOCK_ONFAULT)");
  CHECK(call_text(Call::mlock2, 0x1000, 32, 0) == "mlock2(0x1000, 32, 0)");
  CHECK(call_text(Call::mlockall, 0, 0, 3) == "mlockall(MCL_CURRENT|MCL_FUTURE)");
  CHECK(call_text(Call::munlockall, 0, 0, 0) == "munlockall()");
  CHECK(call_text(Call::brk, 0x1000, 0, 0) == "brk(0x1000)");
  CHECK(call_text(Call::shmdt, 0x1000, 0, 0) == "shmdt(0x1000)");
  CHECK(call_text(Call::mmap, 0, 4096, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED) ==
        "mmap(NULL, 4096, MAP_PRIVATE|MAP_ANONYMOUS|MAP_LOCKED)");
  CHECK(call_text(Call::munlock, 0x1002, UINT64_MAX, 0) == "munlock(0x1002, SIZE_MAX)");
}

TEST_CASE("a fork has no arguments, and mlockall no address") {
  CHECK(call_text(Call::fork, 0x1000, 32, 1) == "fork()");
  for (const Call call : {Call::fork, Call::munlockall}) {
    CHECK_FALSE(has_address(call));
    CHECK_FALSE(has_length(call));
    CHECK_FALSE(has_flags(call));
  }
  CHECK_FALSE(has_address(Call::mlockall));
}

TEST_CASE("flags nobody knows are shown as a number") {
  CHECK(flag_words(Call::mlockall, 0x80) == "0x80");
  CHECK(flag_words(Call::mlockall, 0x81) == "MCL_CURRENT|0x80");
  CHECK(flag_words(Call::mlock2, 0) == "0");
  CHECK(flag_words(Call::mmap, 3) == "MAP_SHARED_VALIDATE");
  CHECK(flag_words(Call::mremap, 5) == "MREMAP_MAYMOVE|MREMAP_DONTUNMAP");
}
