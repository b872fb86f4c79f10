#include "decode/snapshot.hpp"

#include "bpf/wire.h"
#include "support/catch.hpp"

#include <vector>

using namespace mlockscope;

namespace {

wire_mapping mapping(std::uint64_t space, std::uint64_t start, std::uint8_t flags = 0) {
  wire_mapping wire{};
  wire.type = WIRE_MAPPING;
  wire.space = space;
  wire.start = start;
  wire.end = start + 4096;
  wire.started = wire.finished = 5;
  wire.lost = 1;
  wire.flags = flags;
  return wire;
}

std::vector<model::SnapshotEvent> snapshots(const std::vector<wire_mapping>& stream) {
  auto result = decode::decode_snapshots(std::as_bytes(std::span(stream)));
  REQUIRE(result);
  return result.take();
}

} // namespace

TEST_CASE("mappings of one address space become one snapshot with its place among the calls") {
  const auto found = snapshots({mapping(1, 0x1000, WIRE_MAPPING_LOCKED),
                                mapping(1, 0x3000, WIRE_MAPPING_SPECIAL), mapping(2, 0x1000)});
  REQUIRE(found.size() == 2);
  CHECK(found[0].space == model::SpaceId{1});
  CHECK(found[0].calls_before == 5);
  CHECK(found[0].lost == 1);
  REQUIRE(found[0].mappings.size() == 2);
  CHECK(found[0].mappings[0].locked);
  CHECK_FALSE(found[0].mappings[0].special);
  CHECK(found[0].mappings[1].special);
}

TEST_CASE("a mapping tells what a fork makes of it") {
  const auto found = snapshots({mapping(1, 0x1000), mapping(1, 0x2000, WIRE_MAPPING_SHARED),
                                mapping(1, 0x3000, WIRE_MAPPING_WIPED | WIRE_MAPPING_LOCKED)});
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].mappings.size() == 3);
  const auto& mappings = found[0].mappings;
  CHECK_FALSE(mappings[0].shared);
  CHECK_FALSE(mappings[0].wiped_on_fork);
  CHECK(mappings[1].shared);
  CHECK_FALSE(mappings[1].wiped_on_fork);
  CHECK(mappings[2].wiped_on_fork);
  CHECK(mappings[2].locked);
  CHECK_FALSE(mappings[2].shared);
}

TEST_CASE("each flag of a mapping is a field of its own") {
  using Mapping = model::SnapshotEvent::Mapping;
  const auto only = [](std::uint8_t flag) {
    return snapshots({mapping(1, 0x1000, flag)}).at(0).mappings.at(0);
  };
  const auto with = [](bool Mapping::*field) {
    Mapping wanted;
    wanted.pages = {0x1000, 0x2000};
    wanted.*field = true;
    return wanted;
  };
  CHECK(only(WIRE_MAPPING_LOCKED) == with(&Mapping::locked));
  CHECK(only(WIRE_MAPPING_SPECIAL) == with(&Mapping::special));
  CHECK(only(WIRE_MAPPING_GROWS_DOWN) == with(&Mapping::grows_down));
  CHECK(only(WIRE_MAPPING_SHARED) == with(&Mapping::shared));
  CHECK(only(WIRE_MAPPING_WIPED) == with(&Mapping::wiped_on_fork));
}

TEST_CASE("a stream lists the address spaces it has mappings of, in a snapshot or not") {
  auto busy = mapping(3, 0x1000);
  busy.started = 6;
  const std::vector<wire_mapping> stream{mapping(1, 0x1000), busy};
  const auto listed = [&](std::uint64_t space) {
    return decode::lists(std::as_bytes(std::span(stream)), model::SpaceId{space});
  };
  CHECK(listed(1));
  CHECK(listed(3));
  CHECK_FALSE(listed(2));
  CHECK_FALSE(decode::lists({}, model::SpaceId{1}));
}

TEST_CASE("a list made while a call was under way has no place and is left out") {
  auto busy = mapping(1, 0x3000);
  busy.started = 6;
  CHECK(snapshots({mapping(1, 0x1000), busy}).empty());
  auto later = mapping(1, 0x3000);
  later.started = later.finished = 6;
  CHECK(snapshots({mapping(1, 0x1000), later}).empty());
}

TEST_CASE("an address space listed for each of its threads is taken once") {
  const auto found =
      snapshots({mapping(1, 0x1000), mapping(1, 0x3000), mapping(1, 0x1000), mapping(1, 0x3000)});
  REQUIRE(found.size() == 1);
  CHECK(found[0].mappings.size() == 2);
}

TEST_CASE("a snapshot tells whether new mappings are locked") {
  CHECK(snapshots({mapping(1, 0x1000, WIRE_MAPPING_FUTURE)}).at(0).locks_future);
  CHECK_FALSE(snapshots({mapping(1, 0x1000)}).at(0).locks_future);
}

TEST_CASE("what is listed again after a busy pass is a part, and no snapshot") {
  auto busy = mapping(1, 0x3000);
  busy.started = 6;
  CHECK(snapshots({mapping(1, 0x1000), busy, mapping(1, 0x1000)}).empty());
}

TEST_CASE("a list that goes back to its middle may have gaps, and is no snapshot") {
  CHECK(snapshots({mapping(1, 0x1000), mapping(1, 0x3000), mapping(1, 0x3000)}).empty());
}

TEST_CASE("a stream that is cut or of something else is refused") {
  std::vector<wire_mapping> stream{mapping(1, 0x1000)};
  CHECK_FALSE(decode::decode_snapshots(std::as_bytes(std::span(stream)).first(40)));
  stream[0].type = WIRE_END;
  CHECK_FALSE(decode::decode_snapshots(std::as_bytes(std::span(stream))));
}
