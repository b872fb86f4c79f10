// What the probes are told of address spaces with exposed bytes: struct watch of bpf/maps.bpf.h.
#pragma once

#include "capture/probes.hpp"

#include <utility>

namespace mlockscope::capture {

/// The map `watches`, mapped into this process: to change it takes no system call. An address space
/// that has ended, or locked nothing, has no slot, and nothing is done for it.
class Watches {
public:
  static util::Result<Watches> of(const probes&);
  Watches() = default;
  ~Watches();
  Watches(Watches&& other) noexcept { *this = std::move(other); }
  Watches& operator=(Watches&& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(count_, other.count_);
    return *this;
  }

  void set_exposing(std::uint64_t space, bool exposing);
  /// Swap traffic from here on is told of again.
  void looked(std::uint64_t space);

private:
  struct Slot;
  [[nodiscard]] Slot* slot_of(std::uint64_t space) const;

  Slot* slots_ = nullptr;
  std::size_t count_ = 0;
};

} // namespace mlockscope::capture
