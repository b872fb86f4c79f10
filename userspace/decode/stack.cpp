#include "decode/decode.hpp"

#include "bpf/wire.h"

#include <cstddef>
#include <cstring>

namespace mlockscope::decode {
namespace {

using Record = std::span<const std::byte>;

static_assert(model::StackCopy::registers == WIRE_STACK_REGISTERS);

/// The fixed part of a record that is sent only as far as it is used.
template <class Wire> bool take_head(Record record, std::size_t size, Wire& wire) {
  if (record.size() < size || record.size() > sizeof(Wire)) return false;
  std::memcpy(&wire, record.data(), size);
  return true;
}

model::UserStack stack_of(const wire_stack& wire) {
  model::UserStack stack;
  stack.id = model::StackId{wire.number};
  stack.space = model::SpaceId{wire.space};
  stack.pid = wire.pid;
  stack.time = wire.time;
  stack.addresses.assign(wire.addresses, wire.addresses + wire.count);
  return stack;
}

bool sound(const wire_stack& wire) {
  return wire.number != 0 && wire.count <= WIRE_STACK_ADDRESSES;
}

std::optional<model::UserStack> read_plain(Record record) {
  constexpr std::size_t head = offsetof(wire_stack, addresses);
  wire_stack wire{};
  if (!take_head(record, head, wire) || !sound(wire)) return std::nullopt;
  const std::size_t addresses = wire.count * sizeof(wire.addresses[0]);
  if (record.size() != head + addresses) return std::nullopt;
  std::memcpy(wire.addresses, record.data() + head, addresses);
  return stack_of(wire);
}

std::optional<model::UserStack> read_copy(Record record) {
  constexpr std::size_t head = offsetof(wire_stack_copy, copy);
  wire_stack_copy wire{};
  if (!take_head(record, head, wire) || !sound(wire.stack)) return std::nullopt;
  if (record.size() - head != wire.bytes) return std::nullopt;
  model::UserStack stack = stack_of(wire.stack);
  model::StackCopy& copy = stack.copy.emplace();
  std::memcpy(copy.values.data(), wire.registers, sizeof(wire.registers));
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(record.data()) + head;
  copy.bytes.assign(bytes, bytes + wire.bytes);
  return stack;
}

} // namespace

std::optional<model::UserStack> decode_stack(Record record) {
  if (record.empty()) return std::nullopt;
  switch (static_cast<std::uint8_t>(record[0])) {
  case WIRE_STACK:
    return read_plain(record);
  case WIRE_STACK_COPY:
    return read_copy(record);
  default:
    return std::nullopt;
  }
}

} // namespace mlockscope::decode
