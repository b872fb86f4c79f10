#include "capture/watches.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cerrno>

namespace mlockscope::capture {

struct Watches::Slot {
  std::uint64_t space;
  std::uint64_t ranges[6];
  std::uint32_t exposing, told;
};

util::Result<Watches> Watches::of(const probes& skeleton) {
  const bpf_map* map = skeleton.maps.watches;
  if (bpf_map__value_size(map) != sizeof(Slot))
    return util::Error{"cannot watch for faults", "the probes are of another build", ""};
  Watches watches;
  watches.count_ = bpf_map__max_entries(map);
  void* const got = ::mmap(nullptr, watches.count_ * sizeof(Slot), PROT_READ | PROT_WRITE,
                           MAP_SHARED, bpf_map__fd(map), 0);
  if (got == MAP_FAILED) return util::system_error("cannot map what the probes watch", errno);
  watches.slots_ = static_cast<Slot*>(got);
  return watches;
}

Watches::~Watches() {
  if (slots_ != nullptr) ::munmap(slots_, count_ * sizeof(Slot));
}

Watches::Slot* Watches::slot_of(std::uint64_t space) const {
  Slot* const slot = &slots_[space % count_];
  return std::atomic_ref(slot->space).load() == space ? slot : nullptr;
}

void Watches::set_exposing(std::uint64_t space, bool exposing) {
  Slot* const slot = slot_of(space);
  if (slot == nullptr) return;
  std::atomic_ref(slot->told).store(0);
  std::atomic_ref(slot->exposing).store(exposing ? 1 : 0);
}

void Watches::looked(std::uint64_t space) {
  if (Slot* const slot = slot_of(space)) std::atomic_ref(slot->told).store(0);
}

} // namespace mlockscope::capture
