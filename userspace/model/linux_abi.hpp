// The numbers of Linux's system call interface that the rules need. They are the same on x86-64 and
// arm64. Written out here because a recording may be judged on a machine that has other ones.
#pragma once

#include <cstdint>

namespace mlockscope::model::linux_abi {

// include/uapi/asm-generic/mman-common.h, include/uapi/asm-generic/mman.h
inline constexpr std::uint64_t map_fixed = 0x10;
inline constexpr std::uint64_t map_locked = 0x2000;
inline constexpr std::uint64_t map_fixed_noreplace = 0x100000;
inline constexpr std::uint64_t mcl_current = 1;
inline constexpr std::uint64_t mcl_future = 2;

// include/uapi/linux/mman.h
inline constexpr std::uint64_t mremap_fixed = 2;
inline constexpr std::uint64_t mremap_dontunmap = 4;

// include/uapi/linux/shm.h
inline constexpr std::uint64_t shm_remap = 040000;

// include/uapi/asm-generic/errno-base.h
inline constexpr std::int64_t eperm = 1;
inline constexpr std::int64_t eintr = 4;
inline constexpr std::int64_t eagain = 11;
inline constexpr std::int64_t enomem = 12;
inline constexpr std::int64_t eexist = 17;
inline constexpr std::int64_t einval = 22;
inline constexpr std::int64_t enosys = 38; // include/uapi/asm-generic/errno.h

// include/linux/errno.h: ERESTARTSYS to ERESTART_RESTARTBLOCK. A probe at the end of a system call
// sees them before the signal code turns them into EINTR or a restart.
inline constexpr std::int64_t erestart_first = 512;
inline constexpr std::int64_t erestart_last = 516;

// include/linux/err.h, MAX_ERRNO: results in [-4095, -1] are errors, all else may be an address.
inline constexpr std::int64_t max_errno = 4095;

[[nodiscard]] constexpr bool failed(std::int64_t ret) { return ret < 0 && ret >= -max_errno; }

/// The call was broken off before it did anything; the program asks again or dies.
[[nodiscard]] constexpr bool interrupted(std::int64_t ret) {
  return ret == -eintr || (-ret >= erestart_first && -ret <= erestart_last);
}

} // namespace mlockscope::model::linux_abi
