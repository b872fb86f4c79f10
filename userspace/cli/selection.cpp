#include "cli/selection.hpp"

#include "cli/scope.hpp"

#include <algorithm>

namespace mlockscope::cli {
namespace {

template <class Range, class Value> bool has(const Range& range, const Value& value) {
  return std::find(range.begin(), range.end(), value) != range.end();
}

bool matches_any(const std::vector<capture::Glob>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [text](const capture::Glob& glob) { return capture::matches(glob, text); });
}

/// "/sys/fs/cgroup/a/b/", "a/b" and "/a/b" are one.
std::string below_mount(std::string path) {
  const std::string usual_mount = "/sys/fs/cgroup";
  if (path == usual_mount || path.starts_with(usual_mount + "/")) path.erase(0, usual_mount.size());
  while (path.ends_with('/')) path.pop_back();
  return path.starts_with('/') || path.empty() ? path : "/" + path;
}

} // namespace

std::optional<model::SpaceId> space_of(const model::Event& event) {
  return std::visit(
      [](const auto& each) -> std::optional<model::SpaceId> {
        if constexpr (requires { each.child; })
          return each.child;
        else if constexpr (requires { each.space; })
          return each.space;
        else
          return std::nullopt;
      },
      event);
}

util::Result<Selection> Selection::of(const ProcessOptions& options) {
  ProcessOptions elsewhere = options;
  elsewhere.cgroups.clear(); // those of another machine are only names
  auto filters = filters_of(elsewhere);
  if (!filters) return filters.error();
  Selection selection;
  selection.filters_ = filters.take();
  for (const std::string& path : options.cgroups) selection.cgroups_.push_back(below_mount(path));
  const capture::Filters& f = selection.filters_;
  selection.all_ = f.pids.empty() && f.not_pids.empty() && f.comms.empty() && f.not_comms.empty() &&
                   f.uids.empty() && options.cgroups.empty();
  return selection;
}

bool Selection::takes(const model::Event& event, const ProcessBook* processes,
                      Memory& memory) const {
  if (all_) return true;
  const auto space = space_of(event);
  if (!space) return true;
  if (const auto known = memory.find(*space); known != memory.end()) {
    const bool taken = known->second;
    if (std::holds_alternative<model::EndEvent>(event)) memory.erase(known);
    return taken;
  }
  Who who;
  if (const auto* call = std::get_if<model::CallEvent>(&event))
    who = {call->caller.pid, call->caller.comm.view(), call->caller.known_uid()};
  else if (const auto* fork = std::get_if<model::ForkEvent>(&event))
    who = {fork->child_pid, fork->caller.comm.view(), fork->caller.known_uid()};
  else if (const auto* list = std::get_if<model::SnapshotEvent>(&event))
    who = {list->pid, list->comm.view(), std::nullopt};
  else
    return true; // nobody knows whose it is, and losses are to be told
  const auto& process = processes == nullptr ? model::ProcessInfo{} : processes->of(*space);
  if (process.comm) who.comm = *process.comm; // of the process; an event has that of the thread
  const bool taken = passes(who, process.cgroup);
  // A list does not say whose it is: the first call will.
  if (!std::holds_alternative<model::SnapshotEvent>(event) || filters_.uids.empty())
    memory.emplace(*space, taken);
  return taken;
}

bool Selection::passes(const Who& who, const std::optional<std::string>& cgroup) const {
  if (has(filters_.not_pids, who.pid) || matches_any(filters_.not_comms, who.comm)) return false;
  if (!filters_.pids.empty() && !has(filters_.pids, who.pid)) return false;
  if (!filters_.uids.empty() && !(who.uid && has(filters_.uids, *who.uid))) return false;
  if (!filters_.comms.empty() && !matches_any(filters_.comms, who.comm)) return false;
  return cgroups_.empty() || in_cgroups(cgroup);
}

bool Selection::in_cgroups(const std::optional<std::string>& cgroup) const {
  return cgroup && std::any_of(cgroups_.begin(), cgroups_.end(), [&](const std::string& path) {
           return *cgroup == path || cgroup->starts_with(path + "/");
         });
}

} // namespace mlockscope::cli
