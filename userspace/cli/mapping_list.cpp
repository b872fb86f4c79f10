#include "cli/mapping_list.hpp"

#include "procfs/smaps.hpp"

namespace mlockscope::cli {

util::Result<std::vector<capture::Listed>> mappings_in_smaps(std::uint32_t pid) {
  auto mappings = procfs::read_smaps("/proc", pid);
  if (!mappings) return mappings.error();
  std::vector<capture::Listed> listed;
  for (const auto& mapping : mappings.value())
    listed.push_back({.start = mapping.pages.start,
                      .end = mapping.pages.end,
                      .locked = mapping.locked,
                      .special = mapping.special,
                      .grows_down = mapping.grows_down,
                      .shared = mapping.shared,
                      .wiped = mapping.wiped_on_fork});
  return listed;
}

} // namespace mlockscope::cli
