#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "decode/path.hpp"

#include <cstddef>
#include <cstring>
#include <sys/sysmacros.h>

namespace mlockscope::decode {
namespace {

/// include/linux/kdev_t.h: MINORBITS
constexpr unsigned minor_bits = 20;

bool sound(const wire_code& wire, model::PageSize page) {
  const auto aligned = [page](std::uint64_t value) { return page.down(value) == value; };
  return wire.start < wire.end && aligned(wire.start) && aligned(wire.end) && aligned(wire.offset);
}

std::uint64_t device_of(std::uint64_t kernel) {
  return makedev(static_cast<unsigned>(kernel >> minor_bits),
                 static_cast<unsigned>(kernel & ((1U << minor_bits) - 1)));
}

/// As fs/proc/task_mmu.c show_map_vma() prints it.
std::string as_in_maps(const std::string& path, bool deleted) {
  std::string text;
  for (const char each : path) {
    if (each == '\n')
      text += "\\012";
    else
      text += each;
  }
  return deleted ? text + " (deleted)" : text;
}

/// Sent as far as its path is used.
bool take(std::span<const std::byte> record, wire_code& wire) {
  constexpr std::size_t head = offsetof(wire_code, path.part);
  if (record.size() < head) return false;
  std::memcpy(&wire, record.data(), head);
  if (wire.path.parts > WIRE_PATH_PARTS) return false;
  const std::size_t parts = wire.path.parts * sizeof(wire.path.part[0]);
  if (record.size() != head + parts) return false;
  std::memcpy(wire.path.part, record.data() + head, parts);
  return true;
}

} // namespace

std::optional<Code> decode_code(std::span<const std::byte> record, model::PageSize page) {
  // Asked of every record there is, so nothing is prepared for those of other types.
  if (record.empty() || static_cast<std::uint8_t>(record[0]) != WIRE_CODE) return std::nullopt;
  wire_code wire{};
  if (!take(record, wire) || !sound(wire, page)) return std::nullopt;
  Code code{model::SpaceId{wire.space}, wire.pid, wire.time, {}};
  code.mapping.pages = {wire.start, wire.end};
  code.mapping.offset = wire.offset;
  code.mapping.inode = wire.inode;
  code.mapping.device = device_of(wire.device);
  if (const auto path = path_of(wire.path))
    code.mapping.path = as_in_maps(*path, (wire.flags & WIRE_CODE_DELETED) != 0);
  return code;
}

} // namespace mlockscope::decode
