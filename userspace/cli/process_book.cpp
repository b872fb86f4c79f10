#include "cli/process_book.hpp"

#include "procfs/belonging.hpp"

namespace mlockscope::cli {
namespace {

void set_cgroup(model::ProcessInfo& info, std::optional<std::string> cgroup) {
  info.cgroup = std::move(cgroup);
  if (!info.cgroup) return;
  procfs::Belonging belonging = procfs::belonging_of(*info.cgroup);
  info.container = std::move(belonging.container);
  info.pod = std::move(belonging.pod);
  info.unit = std::move(belonging.unit);
}

} // namespace

void ProcessBook::born(const decode::Birth& birth) {
  Entry& entry = entries_[birth.space];
  entry.pid = birth.pid;
  model::ProcessInfo& info = entry.info;
  info.comm = std::string(birth.comm.view());
  info.exe = birth.exe ? birth.exe : proc_.exe(birth.pid);
  // Where v1 is used beside v2, v2 knows only "/"; then /proc knows, if the process still lives.
  const bool told = birth.cgroup && *birth.cgroup != "/";
  set_cgroup(info, told ? birth.cgroup : proc_.cgroup(birth.pid));
}

bool ProcessBook::see(model::SpaceId space, std::uint32_t pid) {
  if (space == last_) return false;
  last_ = space;
  auto [entry, fresh] = entries_.try_emplace(space);
  if (!fresh) return false;
  entry->second.pid = pid;
  model::ProcessInfo& info = entry->second.info;
  info.comm = proc_.comm(pid);
  info.exe = proc_.exe(pid);
  set_cgroup(info, proc_.cgroup(pid));
  return true;
}

void ProcessBook::forget(model::SpaceId space) {
  entries_.erase(space);
  if (last_ == space) last_ = {};
}

const model::ProcessInfo& ProcessBook::of(model::SpaceId space) const {
  static const model::ProcessInfo nothing;
  const auto entry = entries_.find(space);
  return entry == entries_.end() ? nothing : entry->second.info;
}

} // namespace mlockscope::cli
