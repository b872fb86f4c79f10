#include "decode/snapshot.hpp"

#include "bpf/wire.h"

#include <cstring>
#include <unordered_set>

namespace mlockscope::decode {
namespace {

model::SnapshotEvent begin(const wire_mapping& wire) {
  model::SnapshotEvent snapshot;
  snapshot.space = model::SpaceId{wire.space};
  snapshot.pid = wire.pid;
  std::memcpy(snapshot.comm.bytes.data(), wire.comm, WIRE_COMM_LEN);
  snapshot.calls_before = wire.finished;
  snapshot.lost = wire.lost;
  snapshot.locks_future = (wire.flags & WIRE_MAPPING_FUTURE) != 0;
  return snapshot;
}

void add(model::SnapshotEvent& snapshot, const wire_mapping& wire) {
  snapshot.time = wire.time;
  snapshot.mappings.push_back({{wire.start, wire.end},
                               (wire.flags & WIRE_MAPPING_LOCKED) != 0,
                               (wire.flags & WIRE_MAPPING_SPECIAL) != 0,
                               (wire.flags & WIRE_MAPPING_GROWS_DOWN) != 0,
                               (wire.flags & WIRE_MAPPING_SHARED) != 0,
                               (wire.flags & WIRE_MAPPING_WIPED) != 0});
}

/// Nothing was under way at this record, and nothing has happened since `first`.
bool quiet(const wire_mapping& wire, const wire_mapping& first) {
  return wire.started == wire.finished && wire.started == first.started;
}

/// One run of records of the same address space with ascending addresses.
struct Pass {
  wire_mapping first{};
  model::SnapshotEvent snapshot;
  bool quiet = false;
};

class Passes {
public:
  void take(const wire_mapping& wire) {
    const bool same_space = open_ && wire.space == pass_.first.space;
    const bool same = same_space && wire.start >= last_end_;
    // The list for another thread begins where this one did. If it goes back to anywhere else, the
    // kernel lost its place among changing mappings, and some may be missing.
    if (same_space && !same && wire.start != pass_.first.start) pass_.quiet = false;
    if (!same) {
      close();
      pass_ = {wire, begin(wire), true};
      open_ = true;
    }
    pass_.quiet = pass_.quiet && quiet(wire, pass_.first);
    add(pass_.snapshot, wire);
    last_end_ = wire.end;
  }
  std::vector<model::SnapshotEvent> finish() {
    close();
    return std::move(done_);
  }

private:
  void close() {
    // The first pass only: the kernel may begin a later one in the middle (kernel/bpf/task_iter.c).
    if (open_ && taken_.insert(pass_.first.space).second && pass_.quiet)
      done_.push_back(std::move(pass_.snapshot));
    open_ = false;
  }

  Pass pass_;
  bool open_ = false;
  std::uint64_t last_end_ = 0;
  std::unordered_set<std::uint64_t> taken_;
  std::vector<model::SnapshotEvent> done_;
};

} // namespace

util::Result<std::vector<model::SnapshotEvent>>
decode_snapshots(std::span<const std::byte> stream) {
  if (stream.size() % sizeof(wire_mapping) != 0)
    return util::Error{"damaged list of mappings", "it ends inside a record", ""};
  Passes passes;
  for (; !stream.empty(); stream = stream.subspan(sizeof(wire_mapping))) {
    wire_mapping wire;
    std::memcpy(&wire, stream.data(), sizeof(wire));
    if (wire.type != WIRE_MAPPING || wire.end < wire.start)
      return util::Error{"damaged list of mappings", "not a mapping", ""};
    passes.take(wire);
  }
  return passes.finish();
}

bool lists(std::span<const std::byte> stream, model::SpaceId space) {
  for (; stream.size() >= sizeof(wire_mapping); stream = stream.subspan(sizeof(wire_mapping))) {
    wire_mapping wire;
    std::memcpy(&wire, stream.data(), sizeof(wire));
    if (model::SpaceId{wire.space} == space) return true;
  }
  return false;
}

} // namespace mlockscope::decode
