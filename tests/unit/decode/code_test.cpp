// Records of executable mappings, whose paths are sent only as far as they are used.
#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "support/catch.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <sys/sysmacros.h>

using namespace mlockscope;

namespace {

constexpr std::size_t head = offsetof(wire_code, path.part);

/// Parts from the last to the first.
wire_code code_with(std::initializer_list<const char*> parts) {
  wire_code wire{};
  wire.type = WIRE_CODE;
  wire.pid = 41;
  wire.space = 9;
  wire.time = 250;
  wire.start = 0x7f0000001000;
  wire.end = 0x7f0000003000;
  wire.offset = 0x2000;
  wire.inode = 1835;
  wire.device = 0xfe00007; // 254:7
  wire.path.flags = WIRE_PATH_COMPLETE;
  for (const char* part : parts) std::strcpy(wire.path.part[wire.path.parts++], part);
  return wire;
}

std::optional<decode::Code> decoded(const wire_code& wire, std::size_t size) {
  std::vector<std::byte> record(size); // of its own, so that a sanitizer sees what goes beyond
  if (size != 0) std::memcpy(record.data(), &wire, std::min(size, sizeof(wire)));
  return decode::decode_code(record, model::PageSize(4096));
}

std::optional<decode::Code> decoded(const wire_code& wire) {
  return decoded(wire, head + wire.path.parts * std::size_t{WIRE_PART_LEN});
}

} // namespace

TEST_CASE("a mapping of code is what maps would have of it") {
  const auto code = decoded(code_with({"libc.so.6", "lib", "usr"}));
  REQUIRE(code);
  CHECK(code->space == model::SpaceId{9});
  CHECK(code->pid == 41);
  CHECK(code->time == 250);
  CHECK(code->mapping == model::CodeMapping{.pages = {0x7f0000001000, 0x7f0000003000},
                                            .offset = 0x2000,
                                            .inode = 1835,
                                            .device = makedev(254, 7),
                                            .path = "/usr/lib/libc.so.6"});
}

TEST_CASE("names are written as maps has them: deleted files, newlines") {
  wire_code wire = code_with({"a\nb", "tmp"});
  wire.flags = WIRE_CODE_DELETED;
  CHECK(decoded(wire)->mapping.path == "/tmp/a\\012b (deleted)");
  wire = code_with({"memfd:jit"});
  wire.flags = WIRE_CODE_DELETED;
  CHECK(decoded(wire)->mapping.path == "/memfd:jit (deleted)");
}

TEST_CASE("a path that was cut is none; a part that does not end is taken as far as it goes") {
  wire_code wire = code_with({"libc.so.6", "lib"});
  wire.path.flags = 0;
  REQUIRE(decoded(wire));
  CHECK(decoded(wire)->mapping.path.empty());
  wire = code_with({"a"});
  std::memset(wire.path.part[0], 'x', WIRE_PART_LEN);
  CHECK(decoded(wire)->mapping.path == "/" + std::string(WIRE_PART_LEN, 'x'));
}

TEST_CASE("a mapping that is shorter or longer than it says, or cannot be, is refused") {
  const wire_code wire = code_with({"libc.so.6", "lib"});
  const std::size_t whole = head + 2 * std::size_t{WIRE_PART_LEN};
  REQUIRE(decoded(wire, whole));
  for (std::size_t size = 0; size < whole; ++size) CHECK_FALSE(decoded(wire, size));
  CHECK_FALSE(decoded(wire, whole + 1));
  CHECK_FALSE(decoded(wire, sizeof(wire)));
  const auto refused = [&](auto change) {
    wire_code bad = wire;
    change(bad);
    return !decoded(bad, whole);
  };
  CHECK(refused([](wire_code& bad) { bad.type = WIRE_STACK; }));
  CHECK(refused([](wire_code& bad) { bad.path.parts = WIRE_PATH_PARTS + 1; }));
  CHECK(refused([](wire_code& bad) { bad.path.parts = UINT32_MAX; }));
  CHECK(refused([](wire_code& bad) { bad.end = bad.start; }));
  CHECK(refused([](wire_code& bad) { bad.end = bad.start - 0x1000; }));
  CHECK(refused([](wire_code& bad) { bad.start += 8; }));
  CHECK(refused([](wire_code& bad) { bad.end += 8; }));
  CHECK(refused([](wire_code& bad) { bad.offset += 8; }));
}

TEST_CASE("random bytes are a mapping within its bounds, or none") {
  std::mt19937_64 random(17); // NOLINT: the same bytes in every run
  std::size_t mappings = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::size_t parts = random() % (WIRE_PATH_PARTS + 4);
    std::vector<std::byte> record(head + parts * WIRE_PART_LEN);
    for (std::byte& byte : record) byte = static_cast<std::byte>(random());
    wire_code wire{};
    wire.type = WIRE_CODE;
    wire.start = random() << 12;
    wire.end = random() << 12;
    wire.path.parts = static_cast<__u32>(random() % 4 != 0 ? parts : random());
    wire.path.flags = static_cast<__u32>(random());
    std::memcpy(record.data(), &wire, head);
    const auto code = decode::decode_code(record, model::PageSize(4096));
    if (!code) continue;
    ++mappings;
    CHECK(code->mapping.path.size() <= WIRE_PATH_PARTS * 4 * (WIRE_PART_LEN + 1));
  }
  CHECK(mappings > 0);
}
