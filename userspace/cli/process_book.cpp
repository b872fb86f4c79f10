#include "cli/process_book.hpp"

#include "procfs/belonging.hpp"

namespace mlockscope::cli {
namespace {

void set_cgroup(report::ProcessInfo& info, std::optional<std::string> cgroup) {
  info.cgroup = std::move(cgroup);
  if (!info.cgroup) return;
  procfs::Belonging belonging = procfs::belonging_of(*info.cgroup);
  info.container = std::move(belonging.container);
  info.pod = std::move(belonging.pod);
  info.unit = std::move(belonging.unit);
}

} // namespace

void ProcessBook::born(const decode::Birth& birth) {
  report::ProcessInfo& info = entries_[birth.space];
  info.exe = birth.exe ? birth.exe : proc_.exe(birth.pid);
  // Where v1 is used beside v2, v2 knows only "/"; then /proc knows, if the process still lives.
  const bool told = birth.cgroup && *birth.cgroup != "/";
  set_cgroup(info, told ? birth.cgroup : proc_.cgroup(birth.pid));
}

void ProcessBook::see(model::SpaceId space, std::uint32_t pid) {
  if (space == last_) return;
  last_ = space;
  auto [entry, fresh] = entries_.try_emplace(space);
  if (!fresh) return;
  report::ProcessInfo& info = entry->second;
  info.exe = proc_.exe(pid);
  set_cgroup(info, proc_.cgroup(pid));
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
