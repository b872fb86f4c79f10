// Records of user stacks, which are sent only as far as they are used.
#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>

using namespace mlockscope;

namespace {

constexpr std::size_t plain_head = offsetof(wire_stack, addresses);
constexpr std::size_t copy_head = offsetof(wire_stack_copy, copy);

wire_stack stack_with(std::uint8_t count) {
  wire_stack wire{};
  wire.type = WIRE_STACK;
  wire.count = count;
  wire.pid = 41;
  wire.number = 1ull << 63;
  wire.space = 9;
  wire.time = 250;
  for (std::size_t i = 0; i < WIRE_STACK_ADDRESSES; ++i) wire.addresses[i] = 0x401000 + i;
  return wire;
}

wire_stack_copy copy_with(std::uint8_t count, std::uint32_t bytes) {
  wire_stack_copy wire{};
  wire.stack = stack_with(count);
  wire.stack.type = WIRE_STACK_COPY;
  for (std::size_t i = 0; i < WIRE_STACK_REGISTERS; ++i) wire.registers[i] = 0x7ffe0000 + i;
  wire.bytes = bytes;
  for (std::size_t i = 0; i < WIRE_STACK_BYTES; ++i) wire.copy[i] = static_cast<__u8>(i % 251);
  return wire;
}

template <class Wire> std::optional<model::UserStack> decoded(const Wire& wire, std::size_t size) {
  std::vector<std::byte> record(size); // of its own, so that a sanitizer sees what goes beyond
  std::memcpy(record.data(), &wire, std::min(size, sizeof(wire)));
  return decode::decode_stack(record);
}

} // namespace

TEST_CASE("a stack has its number, whose it is, and as many addresses as it says") {
  for (const int count : {0, 1, 3, WIRE_STACK_ADDRESSES}) {
    const auto used = static_cast<std::size_t>(count);
    const auto stack = decoded(stack_with(static_cast<std::uint8_t>(count)), plain_head + used * 8);
    REQUIRE(stack);
    CHECK(stack->id == model::StackId{1ull << 63});
    CHECK(stack->space == model::SpaceId{9});
    CHECK(stack->pid == 41);
    CHECK(stack->time == 250);
    CHECK_FALSE(stack->copy);
    REQUIRE(stack->addresses.size() == used);
    for (std::size_t i = 0; i < used; ++i) CHECK(stack->addresses[i] == 0x401000 + i);
  }
}

TEST_CASE("a copy of a stack has the registers and as many bytes as it says") {
  for (const std::uint32_t bytes : {0u, 1u, 4096u, std::uint32_t{WIRE_STACK_BYTES}}) {
    const auto stack = decoded(copy_with(2, bytes), copy_head + bytes);
    REQUIRE(stack);
    CHECK(stack->addresses == std::vector<model::Address>{0x401000, 0x401001});
    REQUIRE(stack->copy);
    for (std::size_t i = 0; i < WIRE_STACK_REGISTERS; ++i)
      CHECK(stack->copy->values.at(i) == 0x7ffe0000 + i);
    REQUIRE(stack->copy->bytes.size() == bytes);
    for (std::size_t i = 0; i < bytes; ++i) REQUIRE(stack->copy->bytes[i] == i % 251);
  }
}

TEST_CASE("a stack that is shorter or longer than it says, or says too much, is refused") {
  CHECK_FALSE(decode::decode_stack({}));
  for (std::size_t size = 1; size < plain_head + 3 * 8; ++size)
    CHECK_FALSE(decoded(stack_with(3), size));
  CHECK_FALSE(decoded(stack_with(3), plain_head + 4 * 8));
  CHECK_FALSE(
      decoded(stack_with(WIRE_STACK_ADDRESSES + 1), plain_head + (WIRE_STACK_ADDRESSES + 1) * 8u));
  CHECK_FALSE(decoded(copy_with(3, 100), copy_head - 1));
  CHECK_FALSE(decoded(copy_with(3, 100), copy_head + 99));
  CHECK_FALSE(decoded(copy_with(3, 100), copy_head + 101));
  CHECK_FALSE(decoded(copy_with(WIRE_STACK_ADDRESSES + 1, 100), copy_head + 100));
  CHECK_FALSE(decoded(copy_with(3, WIRE_STACK_BYTES + 1), copy_head + WIRE_STACK_BYTES + 1));
  CHECK_FALSE(decoded(copy_with(3, UINT32_MAX), copy_head + WIRE_STACK_BYTES));
}

TEST_CASE("no stack has the number that means none, and no other record is a stack") {
  wire_stack wire = stack_with(1);
  wire.number = 0;
  CHECK_FALSE(decoded(wire, plain_head + 8));
  wire = stack_with(1);
  wire.type = WIRE_SWAP;
  CHECK_FALSE(decoded(wire, plain_head + 8));
  const auto record = stack_with(1);
  CHECK_FALSE(decode::decode(std::as_bytes(std::span(&record, 1)), model::PageSize(4096)));
}

TEST_CASE("random bytes are a stack within its bounds, or none") {
  std::mt19937_64 random(13); // NOLINT: the same bytes in every run
  std::size_t stacks = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> record(plain_head + random() % (copy_head + 64 - plain_head));
    for (std::byte& byte : record) byte = static_cast<std::byte>(random());
    record[0] = static_cast<std::byte>(WIRE_STACK + random() % 2);
    record[1] = static_cast<std::byte>(random() % 2 != 0 ? (record.size() - plain_head) / 8
                                                         : random() % 64);
    const auto stack = decode::decode_stack(record);
    if (!stack) continue;
    ++stacks;
    CHECK(stack->addresses.size() <= WIRE_STACK_ADDRESSES);
    if (stack->copy) CHECK(stack->copy->bytes.size() <= WIRE_STACK_BYTES);
  }
  CHECK(stacks > 0);
}

TEST_CASE("a call names its stack, and a birth where its program's text is") {
  wire_call call{};
  call.type = WIRE_CALL;
  call.call = WIRE_MLOCKALL;
  call.stack = 77;
  const auto event = decode::decode(std::as_bytes(std::span(&call, 1)), model::PageSize(4096));
  REQUIRE(event);
  CHECK(std::get<model::CallEvent>(event.value()).stack == model::StackId{77});
  wire_birth birth{};
  birth.type = WIRE_BIRTH;
  birth.start_code = 0x401000;
  birth.end_code = 0x402000;
  const auto born = decode::decode_birth(std::as_bytes(std::span(&birth, 1)));
  REQUIRE(born);
  CHECK(born->start_code == 0x401000);
  CHECK(born->end_code == 0x402000);
}
