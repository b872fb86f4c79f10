#include "capture/ring_fill.hpp"

#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace mlockscope::capture {
namespace {

long page() { return ::sysconf(_SC_PAGESIZE); }

std::uint64_t read(const std::uint64_t& position) {
  return __atomic_load_n(&position, __ATOMIC_ACQUIRE);
}

} // namespace

void RingFill::Unmap::operator()(const std::uint64_t* position) const {
  ::munmap(const_cast<std::uint64_t*>(position), static_cast<std::size_t>(page()));
}

RingFill::Position RingFill::map(int map_fd, long offset) {
  void* at =
      ::mmap(nullptr, static_cast<std::size_t>(page()), PROT_READ, MAP_SHARED, map_fd, offset);
  return Position(at == MAP_FAILED ? nullptr : static_cast<const std::uint64_t*>(at));
}

util::Result<RingFill> RingFill::of(int map_fd) {
  RingFill fill;
  fill.consumer_ = map(map_fd, 0);
  fill.producer_ = map(map_fd, page());
  if (!fill.consumer_ || !fill.producer_)
    return util::system_error("cannot map the ring buffer's positions", errno);
  return fill;
}

std::uint64_t RingFill::used() const {
  if (!consumer_ || !producer_) return 0;
  const std::uint64_t read_to = read(*consumer_);
  return read(*producer_) - read_to;
}

} // namespace mlockscope::capture
