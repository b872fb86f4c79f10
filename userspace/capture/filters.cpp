#include "capture/filters.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <probes_skel.h>

#include <cerrno>

namespace mlockscope::capture {
namespace {

// FILTER_* of bpf/filter.bpf.h
constexpr std::uint32_t by_pid = 0x1, by_comm = 0x2, by_uid = 0x4, by_cgroup = 0x8, not_pid = 0x10,
                        not_comm = 0x20, follow_descendants = 0x40, only_family = 0x80;
constexpr std::uint8_t in_family = 0x1; // of `descent`

template <class Key>
util::Status fill_set(const bpf_map* map, const std::vector<Key>& keys, std::uint8_t yes = 1) {
  for (const Key& key : keys)
    if (bpf_map_update_elem(bpf_map__fd(map), &key, &yes, BPF_ANY) != 0)
      return util::system_error("cannot set a filter", errno, "give fewer of a kind");
  return util::success();
}

util::Status fill_globs(const bpf_map* map, const std::vector<Glob>& globs, std::uint32_t first) {
  for (std::uint32_t i = 0; i < globs.size(); ++i) {
    const std::uint32_t key = first + i;
    if (bpf_map_update_elem(bpf_map__fd(map), &key, &globs[i], BPF_ANY) != 0)
      return util::system_error("cannot set a name filter", errno);
  }
  return util::success();
}

} // namespace

std::uint32_t Filters::bits() const {
  std::uint32_t bits = 0;
  if (!pids.empty()) bits |= by_pid;
  if (!comms.empty()) bits |= by_comm;
  if (!uids.empty()) bits |= by_uid;
  if (!cgroups.empty()) bits |= by_cgroup;
  if (!not_pids.empty()) bits |= not_pid;
  if (!not_comms.empty()) bits |= not_comm;
  if (follow) bits |= follow_descendants;
  if (family) bits |= only_family;
  return bits;
}

void choose_filters(probes& skeleton, const Filters& filters) {
  skeleton.rodata->filters = filters.bits();
}

util::Status fill_filters(probes& skeleton, const Filters& filters) {
  auto& maps = skeleton.maps;
  std::vector<std::uint32_t> family;
  if (filters.family) family.push_back(*filters.family);
  for (auto& done :
       {fill_set(maps.filter_pids, filters.pids), fill_set(maps.filter_not_pids, filters.not_pids),
        fill_set(maps.filter_uids, filters.uids), fill_set(maps.filter_cgroups, filters.cgroups),
        fill_set(maps.descent, family, in_family), fill_globs(maps.filter_globs, filters.comms, 0),
        fill_globs(maps.filter_globs, filters.not_comms, max_globs)})
    if (!done) return done;
  return util::success();
}

} // namespace mlockscope::capture
