// Which processes are traced: decided in the kernel, from maps filled here.
#pragma once

#include "capture/glob.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <optional>
#include <vector>

struct probes;

namespace mlockscope::capture {

/// Alike are or-ed, unlike are and-ed. All empty: every process.
struct Filters {
  std::vector<std::uint32_t> pids, not_pids;
  std::vector<std::uint32_t> uids;
  std::vector<std::uint64_t> cgroups;  ///< cgroup v2 ids: the inode numbers of their folders
  std::vector<Glob> comms, not_comms;  ///< at most max_globs each
  bool follow = false;                 ///< descendants of what matches, too
  std::optional<std::uint32_t> family; ///< only this process and its descendants

  [[nodiscard]] std::uint32_t bits() const;
};

inline constexpr std::size_t max_globs = 16;
inline constexpr std::size_t max_ids = 1024; ///< of pids and of uids
inline constexpr std::size_t max_cgroups = 64;

/// Before the probes are loaded: how they decide. After: what they compare with.
void choose_filters(probes&, const Filters&);
[[nodiscard]] util::Status fill_filters(probes&, const Filters&);

} // namespace mlockscope::capture
