#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "support/catch.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <vector>

using namespace mlockscope;
using model::KernelWord;

namespace {

const model::PageSize page(4096);
constexpr std::uint64_t at = 0x7f0000000000;

template <class Wire> util::Result<model::Event> decoded(const Wire& wire) {
  return decode::decode(std::as_bytes(std::span(&wire, 1)), page);
}

wire_call munlock_call() {
  wire_call wire{};
  wire.type = WIRE_CALL;
  wire.call = WIRE_MUNLOCK;
  wire.flags = WIRE_OVERLAPPED | WIRE_BORN_CLEAN;
  wire.lost = 3;
  wire.space = 9;
  wire.enter = 100;
  wire.exit = 250;
  wire.pid = 41;
  wire.tid = 42;
  wire.uid = 1000;
  std::memcpy(wire.comm, "demo", 4);
  wire.args[0] = at + 100;
  wire.args[1] = 32;
  wire.before = {at + 4096, WIRE_ALL, 0, 0, {}};
  wire.after = {at + 4096, WIRE_NONE, 0, 0, {}};
  return wire;
}

} // namespace

TEST_CASE("a call keeps who made it, when, and what the kernel said") {
  const auto event = decoded(munlock_call());
  REQUIRE(event);
  const auto& call = std::get<model::CallEvent>(event.value());
  CHECK(call.space == model::SpaceId{9});
  CHECK(call.call == model::Call::munlock);
  CHECK(call.caller.pid == 41);
  CHECK(call.caller.tid == 42);
  CHECK(call.caller.uid == 1000);
  CHECK(call.caller.comm.view() == "demo");
  CHECK(call.enter == 100);
  CHECK(call.exit == 250);
  CHECK(call.addr == at + 100);
  CHECK(call.len == 32);
  CHECK(call.lost == 3);
  CHECK(call.overlapped);
  CHECK(call.born_clean);
  CHECK(call.before.locked == KernelWord::Locked::all);
  CHECK(call.before.walked == model::PageRange{at, at + 4096});
  CHECK(call.after.locked == KernelWord::Locked::none);
}

TEST_CASE("a call has its place among those that held the lock, if the probes knew it") {
  wire_call wire = munlock_call();
  CHECK(std::get<model::CallEvent>(decoded(wire).value()).sequence == 0);
  wire.sequence = UINT32_MAX;
  CHECK(std::get<model::CallEvent>(decoded(wire).value()).sequence == UINT32_MAX);
  CHECK_FALSE(std::get<model::CallEvent>(decoded(wire).value()).settled);
  wire.flags |= WIRE_SETTLED;
  CHECK(std::get<model::CallEvent>(decoded(wire).value()).settled);
  CHECK(std::get<model::CallEvent>(decoded(wire).value()).overlapped);
  wire.sequence = 0; // settled among what?
  CHECK_FALSE(std::get<model::CallEvent>(decoded(wire).value()).settled);
}

TEST_CASE("a detailed record brings runs and the evidence of a failure") {
  wire_call_detail wire{};
  wire.call = munlock_call();
  wire.call.type = WIRE_CALL_DETAIL;
  wire.call.call = WIRE_MLOCK;
  wire.call.ret = -ENOMEM;
  wire.call.args[1] = 4 * 4096;
  wire.call.after = {at + 3 * 4096, WIRE_SOME, WIRE_HOLE, 1, {}};
  wire.after_runs[0] = {at + 4096, at + 2 * 4096};
  wire.evidence = WIRE_FAILED | WIRE_CAP_IPC_LOCK;
  wire.limit_soft = 65536;
  wire.place = 0x401000;
  const auto event = decoded(wire);
  REQUIRE(event);
  const auto& call = std::get<model::CallEvent>(event.value());
  CHECK(call.ret == -ENOMEM);
  CHECK(call.after.hole);
  CHECK(call.after.runs == std::vector{model::PageRange{at + 4096, at + 2 * 4096}});
  REQUIRE(call.failure);
  CHECK(call.failure->limit_soft == 65536);
  CHECK(call.failure->cap_ipc_lock);
  CHECK_FALSE(call.failure->secret_memory);
  CHECK(call.failure->place == 0x401000);
}

TEST_CASE("a mremap that failed brings the word over its old range") {
  wire_call_detail wire{};
  wire.call = munlock_call();
  wire.call.type = WIRE_CALL_DETAIL;
  wire.call.call = WIRE_MREMAP;
  wire.call.ret = -EPERM;
  const std::uint64_t args[] = {at, 8192, 8192, 3, at + 0x10000};
  std::copy(std::begin(args), std::end(args), wire.call.args);
  wire.call.before = {};
  wire.call.after = {at + 0x11000, WIRE_ALL, WIRE_HOLE, 0, {}};
  wire.old_start = at;
  wire.old_end = at + 8192;
  wire.old_after = {at, WIRE_NONE, WIRE_HOLE, 0, {}}; // gone from its first page on
  const auto event = decoded(wire);
  REQUIRE(event);
  const auto& call = std::get<model::CallEvent>(event.value());
  CHECK(call.new_addr == at + 0x10000);
  CHECK(call.extent == model::ByteRange{at, at + 8192});
  CHECK(call.old_after.known());
  CHECK(call.old_after.hole);
  CHECK(call.old_after.walked == model::PageRange{at, at});
  CHECK(call.after.walked == model::PageRange{at + 0x10000, at + 0x11000});
  wire.old_after.walked_end = at + 3 * 4096;
  CHECK_FALSE(decoded(wire));
}

TEST_CASE("a call that is refused still names its address space") {
  wire_call_detail wire{};
  wire.call = munlock_call();
  wire.call.call = WIRE_CALLS;
  const auto named = [](const auto& record) {
    return decode::named_space(std::as_bytes(std::span(&record, 1)));
  };
  CHECK(named(wire.call) == model::SpaceId{9});
  CHECK_FALSE(named(wire)); // not as long as its type says
  wire.call.type = WIRE_CALL_DETAIL;
  CHECK(named(wire) == model::SpaceId{9});
  CHECK_FALSE(named(wire_end{}));
  CHECK_FALSE(decode::named_space({}));
}

TEST_CASE("forks and ends are decoded") {
  wire_fork fork{};
  fork.type = WIRE_FORK;
  fork.parent = 1;
  fork.child = 2;
  fork.child_pid = 77;
  REQUIRE(decoded(fork));
  CHECK(std::get<model::ForkEvent>(decoded(fork).value()).child_pid == 77);
  wire_end end{};
  end.type = WIRE_END;
  end.space = 5;
  end.lost = 2;
  REQUIRE(decoded(end));
  CHECK(std::get<model::EndEvent>(decoded(end).value()).lost == 2);
}

TEST_CASE("a record of unknown type, wrong size or impossible content is refused") {
  wire_call wire = munlock_call();
  CHECK_FALSE(decode::decode({}, page));
  CHECK_FALSE(decode::decode(std::as_bytes(std::span(&wire, 1)).first(159), page));
  wire.type = 99;
  CHECK_FALSE(decoded(wire));
  wire = munlock_call();
  wire.call = WIRE_CALLS;
  CHECK_FALSE(decoded(wire));
  wire = munlock_call();
  wire.after.walked_end = at + 8192; // beyond the range
  CHECK_FALSE(decoded(wire));
  wire = munlock_call();
  wire.after = {at + 4096, WIRE_SOME, 0, 1, {}}; // runs that a short record does not have
  CHECK_FALSE(decoded(wire));
}

TEST_CASE("random bytes never get further than an event or an error") {
  std::mt19937_64 random(11); // NOLINT: the same bytes in every run
  for (int i = 0; i < 50000; ++i) {
    wire_call_detail wire;
    auto* bytes = reinterpret_cast<unsigned char*>(&wire);
    for (std::size_t k = 0; k < sizeof(wire); ++k) bytes[k] = static_cast<unsigned char>(random());
    wire.call.type = static_cast<std::uint8_t>(1 + random() % 10);
    wire.call.call = static_cast<std::uint8_t>(wire.call.call % (WIRE_CALLS + 1));
    const auto event = decoded(wire);
    if (!event) CHECK_FALSE(event.error().message().empty());
  }
}

TEST_CASE("the applied range wraps as the kernel's does") {
  const auto range = [](std::uint64_t addr, std::uint64_t len) {
    model::CallEvent call;
    call.call = model::Call::munlock;
    call.addr = addr;
    call.len = len;
    return decode::judged_range(call, page);
  };
  CHECK(range(at, 0).empty());
  CHECK(range(at + 100, 0) == model::PageRange{at, at + 4096});
  CHECK(range(at, UINT64_MAX).empty());
  CHECK(range(at + 2, UINT64_MAX) == model::PageRange{at, at + 4096});
  CHECK(range(at, UINT64_MAX - 4095).empty()); // EINVAL
}

TEST_CASE("a path is put together from its parts, and not at all if one is missing") {
  wire_birth wire{};
  wire.type = WIRE_BIRTH;
  wire.space = 4;
  wire.exe.parts = 2;
  wire.exe.flags = WIRE_PATH_COMPLETE;
  std::strcpy(wire.exe.part[0], "gpg");
  std::strcpy(wire.exe.part[1], "usr");
  const auto birth = decode::decode_birth(std::as_bytes(std::span(&wire, 1)));
  REQUIRE(birth);
  CHECK(birth->exe == "/usr/gpg");
  CHECK_FALSE(birth->cgroup);
  wire_end end{};
  end.type = WIRE_END;
  CHECK_FALSE(decode::decode_birth(std::as_bytes(std::span(&end, 1))));
}
