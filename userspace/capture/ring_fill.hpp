// How much of the ring buffer waits to be read.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <memory>

namespace mlockscope::capture {

/// The ring's two positions, mapped: looking costs no system call. libbpf has this since 1.3
/// (ring__avail_data_size); the layout is the kernel's interface, kernel/bpf/ringbuf.c,
/// struct bpf_ringbuf: one page with the consumer's position, then one with the producer's.
class RingFill {
public:
  RingFill() = default;
  static util::Result<RingFill> of(int map_fd);

  /// Bytes, headers of records included. May be off by what is written at this moment.
  [[nodiscard]] std::uint64_t used() const;

private:
  struct Unmap {
    void operator()(const std::uint64_t*) const;
  };
  using Position = std::unique_ptr<const std::uint64_t, Unmap>;
  static Position map(int map_fd, long offset);

  Position consumer_, producer_;
};

} // namespace mlockscope::capture
