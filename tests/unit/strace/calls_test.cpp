// Each call as strace prints it, and the event it becomes.
#include "log_reading.hpp"
#include "support/catch.hpp"

using namespace mlockscope::test;

namespace {

CallEvent read_one(const std::string& call) {
  const Reading reading = read_log("7 1700000000.5 " + call + "\n");
  INFO(call << ": " << reading.error << reading.remark);
  REQUIRE(reading.calls().size() == 1);
  CHECK(reading.totals.lost == 0);
  return reading.calls().front();
}

const std::string lock = "7 1700000000.1 mlock(0x7f0000000000, 32) = 0\n";

} // namespace

TEST_CASE("lock calls: address, length, flags, result") {
  CallEvent call = read_one("mlock(0x7f0000000064, 4096) = 0");
  CHECK(call.call == Call::mlock);
  CHECK(call.addr == p + 100);
  CHECK(call.len == 4096);
  CHECK(call.ret == 0);
  CHECK(call.enter == 1'700'000'000'500'000'000);
  CHECK(call.caller.pid == 7);
  CHECK_FALSE(call.before.known());
  CHECK_FALSE(call.after.known());
  CHECK(read_one("munlock(NULL, 18446744073709551615) = 0").len == UINT64_MAX);
  CHECK(read_one("mlock(0x10, 0x20)   = -1 EPERM (Operation not permitted)").ret == -1);
  CHECK(read_one("mlock(0x10, 020) = 0").len == 16);
  CHECK(read_one("mlock2(0x1000, 10, MLOCK_ONFAULT) = 0").flags == 1);
  CHECK(read_one("mlock2(0x1000, 10, 0x1 /* MLOCK_ONFAULT */) = 0").flags == 1);
  CHECK(read_one("mlock2(0x1000, 10, 0) = 0").flags == 0);
  CHECK(read_one("mlockall(MCL_CURRENT|MCL_FUTURE) = 0").flags == 3);
  CHECK(read_one("mlockall(0x7 /* MCL_CURRENT|MCL_FUTURE|MCL_ONFAULT */) = 0").flags == 7);
  CHECK(read_one("mlockall(MCL_ONFAULT) = -1 EINVAL (Invalid argument)").ret == -22);
  CHECK(read_one("munlockall() = 0").call == Call::munlockall);
}

TEST_CASE("results: errors with and without names, injected ones, calls broken off") {
  CHECK(read_one("mlock(0x10, 1) = -1 (errno 133)").ret == -133);
  CHECK(read_one("mlock(0x10, 1) = -1 ERRNO_517 (Unknown error 517)").ret == -517);
  CHECK(read_one("mlock(0x10, 1) = -1 ENOMEM (Cannot allocate memory) (INJECTED)").ret == -12);
  CHECK(read_one("mlock(0x10, 1) = 0 (INJECTED) <0.000012>").ret == 0);
  CHECK(read_one("mlock(0x10, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)").ret ==
        -512);
}

TEST_CASE("mmap: what the model needs of its flags") {
  CallEvent call = read_one("mmap(NULL, 4096, PROT_READ|PROT_WRITE, "
                            "MAP_PRIVATE|MAP_ANONYMOUS|MAP_LOCKED, -1, 0) = 0x7f0000000000");
  CHECK(call.addr == 0);
  CHECK(call.len == 4096);
  CHECK((call.flags & 0x2000) != 0);
  CHECK((call.flags & 0x10) == 0);
  CHECK(static_cast<Address>(call.ret) == p);
  call = read_one("mmap(0x1000, 4096, 0x3, 0x2032, 0xffffffff, 0) = 0x1000");
  CHECK(call.flags == 0x2032);
  call = read_one("mmap(0x1000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED_NOREPLACE|MAP_HUGETLB|"
                  "21<<MAP_HUGE_SHIFT, 3</tmp/a) = 0x1, \"b>, 0) = 0x1000");
  CHECK((call.flags & 0x100000) != 0);
  CHECK(call.ret == 0x1000);
  CHECK(read_one("mmap2(NULL, 8192, PROT_READ, MAP_SHARED, 3, 0x26000) = 0xf7f00000").ret ==
        0xf7f00000);
  CHECK(read_one("mmap(NULL, 8192, PROT_READ, MAP_SHARED, 3, 0) = -1 EACCES (Permission denied)")
            .ret == -13);
}

TEST_CASE("mremap: the new address counts only with a flag that says so") {
  CallEvent call = read_one("mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE) = 0x5000");
  CHECK(call.new_len == 8192);
  CHECK(call.new_addr == 0);
  CHECK(call.flags == 1);
  call = read_one("mremap(0x1000, 4096, 8192, MREMAP_MAYMOVE|MREMAP_FIXED, 0x9000) = 0x9000");
  CHECK(call.new_addr == 0x9000);
  CHECK(call.flags == 3);
  CHECK(call.extent.empty());
  call = read_one("mremap(0x1000, 100, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x9000) = -1 EPERM "
                  "(Operation not permitted)");
  CHECK(call.extent == ByteRange{0x1000, 0x2000});
  call = read_one("mremap(0x1000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0) = 0x9000");
  CHECK(call.flags == 5);
}

TEST_CASE("brk: its extent is the break before it") {
  const auto calls = read_log("7 1700000000.1 brk(NULL) = 0x5000\n"
                              "7 1700000000.2 brk(0x7000) = 0x7000\n"
                              "7 1700000000.3 brk(0x9000) = 0x7000\n"
                              "7 1700000000.4 brk(0x6010) = 0x6010\n")
                         .calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].extent == ByteRange{0x5000, 0x5000});
  CHECK(calls[1].extent == ByteRange{0x5000, 0x5000});
  CHECK(calls[2].extent == ByteRange{0x7000, 0x7000});
  CHECK(calls[3].extent == ByteRange{0x7000, 0x7000});
}

TEST_CASE("brk: locked pages of the heap end with it") {
  const Reading reading =
      read_log("7 1700000000.1 execve(\"/bin/a\", [\"a\"], 0x1 /* 1 var */) = 0\n"
               "7 1700000000.1 brk(NULL) = 0x5000\n"
               "7 1700000000.2 brk(0x7000) = 0x7000\n"
               "7 1700000000.3 mlock(0x6000, 32) = 0\n"
               "7 1700000000.3 mlock(0x6100, 32) = 0\n"
               "7 1700000000.3 munlock(0x6100, 32) = 0\n"
               "7 1700000000.4 brk(0x6000) = 0x6000\n");
  REQUIRE(reading.told.size() == 2);
  CHECK(reading.told[1] == "closed 1 unmapped 32");
}

TEST_CASE("shared memory: its length comes from shmget or shmctl of the same id") {
  auto calls = read_log("7 1700000000.1 shmget(IPC_PRIVATE, 10000, IPC_CREAT|0600) = 33\n"
                        "7 1700000000.2 shmat(33, NULL, SHM_RDONLY) = 0x7f0000000000\n"
                        "7 1700000000.3 shmat(34, NULL, SHM_REMAP) = 0x7f0000100000\n"
                        "7 1700000000.4 shmdt(0x7f0000000000) = 0\n"
                        "7 1700000000.5 shmdt(0x7f0000100000) = 0\n")
                   .calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].extent == ByteRange{p, p + 12288});
  CHECK(calls[0].flags == 010000);
  CHECK(calls[1].extent.empty());
  CHECK(calls[1].flags == 040000);
  CHECK(calls[2].extent == ByteRange{p, p + 12288});
  CHECK(calls[3].extent.empty());
  calls = read_log("7 1700000000.1 shmctl(5, IPC_STAT, {shm_perm={uid=0, gid=0, mode=0600, key=0, "
                   "cuid=0, cgid=0}, shm_segsz=4097, shm_cpid=1}) = 0\n"
                   "7 1700000000.2 shmat(5, NULL, 0) = 0x7f0000000000\n")
              .calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].extent == ByteRange{p, p + 8192});
}

TEST_CASE("two halves of a call, and the calls between them") {
  const auto calls = read_log("7 1700000000.1 mlock(0x1000, 32 <unfinished ...>\n"
                              "8 1700000000.2 mlock(0x2000, 32 <unfinished ...>\n"
                              "7 1700000000.3 <... mlock resumed>) = 0\n"
                              "8 1700000000.4 <... mlock resumed> ) = -1 ENOMEM (Cannot allocate "
                              "memory) <0.2>\n")
                         .calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].addr == 0x1000);
  CHECK(calls[0].enter == 1'700'000'000'100'000'000);
  CHECK(calls[0].exit == 1'700'000'000'300'000'000);
  CHECK(calls[1].addr == 0x2000);
  CHECK(calls[1].ret == -12);
  CHECK_FALSE(calls[0].overlapped); // two processes
  CHECK_FALSE(calls[1].overlapped);
}

TEST_CASE("where a line is not to be looked into, nothing is found") {
  const Reading reading = read_log(
      lock + "7 1700000000.2 execve(\"/tmp/mlock(0x1, 2) = 0\", [\"munlock(0x7f0000000000, "
             "32) = 0\"], 0x1 /* 1 var */) = -1 ENOENT (No such file or directory)\n"
             "7 1700000000.3 write(1, \"munlock(0x7f0000000000, 32) = 0\\n\", 33) = 33\n");
  CHECK(reading.calls().size() == 1);
  CHECK(reading.totals.lost == 0);
  CHECK(reading.remark == "");
}

TEST_CASE("times: of day over midnight, never backwards, relative ones add up") {
  auto calls = read_log("7 23:59:59.9 mlock(0x1000, 1) = 0\n7 00:00:00.1 mlock(0x1000, 1) = 0\n"
                        "7 00:00:00.0 mlock(0x1000, 1) = 0\n")
                   .calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[1].enter - calls[0].enter == 200'000'000);
  CHECK(calls[2].enter == calls[1].enter);
  calls = read_log("7      0.000000 mlock(0x1000, 1) = 0\n7      0.250000 mlock(0x1000, 1) = 0\n"
                   "7      0.500000 mlock(0x1000, 1) = 0\n")
              .calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[2].enter - calls[0].enter == 750'000'000);
}
