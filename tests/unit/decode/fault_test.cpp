// Records of page faults and of traffic with swap.
#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "support/catch.hpp"

#include <cstring>
#include <random>

using namespace mlockscope;

namespace {

constexpr std::uint64_t at = 0x7f0000000000;

template <class Wire> std::span<const std::byte> bytes(const Wire& wire) {
  return std::as_bytes(std::span(&wire, 1));
}

util::Result<model::Event> decoded(std::span<const std::byte> record, std::uint64_t page = 4096) {
  return decode::decode(record, model::PageSize(page));
}

std::optional<decode::SwapTraffic> traffic(std::span<const std::byte> record) {
  return decode::decode_swap_traffic(record, model::PageSize(4096));
}

wire_fault fault_with(std::uint8_t flags) {
  wire_fault wire{};
  wire.type = WIRE_FAULT;
  wire.flags = flags;
  wire.pid = 41;
  wire.tid = 42;
  wire.uid = 1000;
  wire.space = 9;
  wire.time = 250;
  wire.addr = at + 4097;
  std::memcpy(wire.comm, "demo", 4);
  return wire;
}

wire_swap swap_of(std::uint8_t what, std::uint64_t addr) {
  wire_swap wire{};
  wire.type = WIRE_SWAP;
  wire.what = what;
  wire.space = 9;
  wire.time = 250;
  wire.addr = addr;
  return wire;
}

model::FaultEvent fault_of(std::uint8_t flags) {
  const auto event = decoded(bytes(fault_with(flags)));
  REQUIRE(event);
  return std::get<model::FaultEvent>(event.value());
}

} // namespace

TEST_CASE("a fault keeps who made it, when and where") {
  const model::FaultEvent fault = fault_of(0);
  CHECK(fault.space == model::SpaceId{9});
  CHECK(fault.caller.pid == 41);
  CHECK(fault.caller.tid == 42);
  CHECK(fault.caller.uid == 1000);
  CHECK(fault.caller.comm.view() == "demo");
  CHECK(fault.time == 250);
  CHECK(fault.addr == at + 4097); // not the page: the report rounds
  CHECK_FALSE(fault.major);
  CHECK_FALSE(fault.write);
  CHECK(fault.present == false);
  CHECK_FALSE(fault.from_swap);
}

TEST_CASE("each flag of a fault is a field of its own") {
  CHECK(fault_of(WIRE_FAULT_MAJOR).major);
  CHECK(fault_of(WIRE_FAULT_WRITE).write);
  CHECK(fault_of(WIRE_FAULT_PRESENT).present == true);
  CHECK(fault_of(WIRE_FAULT_SWAP).from_swap);
  const model::FaultEvent all_but_swap =
      fault_of(WIRE_FAULT_MAJOR | WIRE_FAULT_WRITE | WIRE_FAULT_PRESENT);
  CHECK(all_but_swap.major);
  CHECK(all_but_swap.write);
  CHECK_FALSE(all_but_swap.from_swap);
}

TEST_CASE("a page that came back from swap is a whole page") {
  const auto event = decoded(bytes(swap_of(WIRE_SWAP_BACK, at + 4097)));
  REQUIRE(event);
  const auto& swap = std::get<model::SwapEvent>(event.value());
  CHECK(swap.space == model::SpaceId{9});
  CHECK(swap.time == 250);
  CHECK(swap.pages == std::vector{model::PageRange{at + 4096, at + 8192}});
  const auto large = decoded(bytes(swap_of(WIRE_SWAP_BACK, at + 4097)), 65536);
  REQUIRE(large);
  CHECK(std::get<model::SwapEvent>(large.value()).pages ==
        std::vector{model::PageRange{at, at + 65536}});
}

TEST_CASE("swap traffic of an unknown page names its address space, and is no event") {
  const auto unknown = traffic(bytes(swap_of(WIRE_SWAP_TRAFFIC, at)));
  REQUIRE(unknown);
  CHECK(unknown->space == model::SpaceId{9});
  CHECK(unknown->time == 250);
  CHECK_FALSE(unknown->written);
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_TRAFFIC, at))));
}

TEST_CASE("traffic that tells where the page lay says so, and is no event") {
  const auto out = traffic(bytes(swap_of(WIRE_SWAP_OUT, at + 4097)));
  REQUIRE(out);
  CHECK(out->space == model::SpaceId{9});
  CHECK(out->written == model::PageRange{at + 4096, at + 8192});
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_OUT, at + 4097))));
  // A page that cannot be: something was written, at least.
  const auto nowhere = traffic(bytes(swap_of(WIRE_SWAP_OUT, UINT64_MAX)));
  REQUIRE(nowhere);
  CHECK_FALSE(nowhere->written);
}

TEST_CASE("a record of a page that came back, or of another type, is no traffic") {
  CHECK_FALSE(traffic(bytes(swap_of(WIRE_SWAP_BACK, at))));
  CHECK_FALSE(traffic(bytes(swap_of(WIRE_SWAP_OUT + 1, at))));
  CHECK_FALSE(traffic(bytes(fault_with(0))));
  CHECK_FALSE(traffic(bytes(swap_of(WIRE_SWAP_TRAFFIC, 0)).first(31)));
  CHECK_FALSE(traffic({}));
}

TEST_CASE("a page that cannot be, or a swap of an unknown kind, is refused") {
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_BACK, UINT64_MAX))));
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_BACK, UINT64_MAX - 4095))));
  CHECK(decoded(bytes(swap_of(WIRE_SWAP_BACK, UINT64_MAX - 4096))));
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_OUT + 1, at))));
}

TEST_CASE("a fault or swap record of a wrong size is refused") {
  CHECK_FALSE(decoded(bytes(fault_with(0)).first(55)));
  CHECK_FALSE(decoded(bytes(swap_of(WIRE_SWAP_BACK, at)).first(31)));
  struct Longer {
    wire_fault fault;
    std::uint64_t more;
  };
  CHECK_FALSE(decoded(bytes(Longer{fault_with(0), 0})));
  wire_fault as_swap = fault_with(0);
  as_swap.type = WIRE_SWAP;
  CHECK_FALSE(decoded(bytes(as_swap)));
  wire_swap as_fault = swap_of(WIRE_SWAP_BACK, at);
  as_fault.type = WIRE_FAULT;
  CHECK_FALSE(decoded(bytes(as_fault)));
}

TEST_CASE("a damaged fault names no address space: no call was lost") {
  CHECK_FALSE(decode::named_space(bytes(fault_with(0))));
  CHECK_FALSE(decode::named_space(bytes(swap_of(WIRE_SWAP_TRAFFIC, 0))));
}

TEST_CASE("random faults and swaps are an event or an error") {
  std::mt19937_64 random(13); // NOLINT: the same bytes in every run
  const auto fill = [&](auto& wire, std::uint8_t type) {
    auto* raw = reinterpret_cast<unsigned char*>(&wire);
    for (std::size_t k = 0; k < sizeof(wire); ++k) raw[k] = static_cast<unsigned char>(random());
    wire.type = type;
  };
  for (int i = 0; i < 20000; ++i) {
    wire_fault fault;
    fill(fault, WIRE_FAULT);
    CHECK(decoded(bytes(fault)));
    wire_swap swap;
    fill(swap, WIRE_SWAP);
    const auto event = decoded(bytes(swap));
    if (!event) CHECK_FALSE(event.error().message().empty());
    CHECK_FALSE((event && traffic(bytes(swap)))); // one of them, or none
  }
}
