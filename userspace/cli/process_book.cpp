#include "cli/process_book.hpp"

namespace mlockscope::cli {

void ProcessBook::born(const decode::Birth& birth) {
  report::ProcessInfo& info = entries_[birth.space];
  info.exe = birth.exe ? birth.exe : proc_.exe(birth.pid);
  // Where v1 is used beside v2, v2 knows only "/"; then /proc knows, if the process still lives.
  const bool told = birth.cgroup && *birth.cgroup != "/";
  info.cgroup = told ? birth.cgroup : proc_.cgroup(birth.pid);
  if (info.cgroup) info.container = procfs::container_of(*info.cgroup);
}

void ProcessBook::see(model::SpaceId space, std::uint32_t pid) {
  if (space == last_) return;
  last_ = space;
  auto [entry, fresh] = entries_.try_emplace(space);
  if (!fresh) return;
  report::ProcessInfo& info = entry->second;
  info.exe = proc_.exe(pid);
  info.cgroup = proc_.cgroup(pid);
  if (info.cgroup) info.container = procfs::container_of(*info.cgroup);
}

void ProcessBook::forget(model::SpaceId space) {
  entries_.erase(space);
  if (last_ == space) last_ = {};
}

const report::ProcessInfo& ProcessBook::of(model::SpaceId space) const {
  static const report::ProcessInfo nothing;
  const auto entry = entries_.find(space);
  return entry == entries_.end() ? nothing : entry->second;
}

} // namespace mlockscope::cli
