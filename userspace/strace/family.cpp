#include "strace/family.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::strace {

Task* Family::find(std::uint32_t tid) {
  const auto found = tasks_.find(tid);
  return found == tasks_.end() ? nullptr : &found->second;
}

Task& Family::add(std::uint32_t tid, std::uint32_t tgid, std::shared_ptr<Space> space) {
  space->tasks.insert(tid);
  Task& task = tasks_[tid];
  task = {};
  task.tid = tid;
  task.tgid = tgid;
  task.space = std::move(space);
  return task;
}

std::shared_ptr<Space> Family::new_space(std::uint32_t pid) {
  auto space = std::make_shared<Space>();
  space->id = model::SpaceId{++spaces_};
  space->pid = pid;
  return space;
}

std::shared_ptr<Space> Family::move(Task& task, std::shared_ptr<Space> space) {
  static_cast<void>(finish(task)); // it belongs to the old one
  space->tasks.insert(task.tid);
  const auto old = std::exchange(task.space, std::move(space));
  old->tasks.erase(task.tid);
  if (!old->tasks.empty()) return nullptr;
  kept_ -= std::exchange(old->kept, 0);
  return old;
}

std::shared_ptr<Space> Family::remove(std::uint32_t tid) {
  const auto found = tasks_.find(tid);
  if (found == tasks_.end()) return nullptr;
  Task& task = found->second;
  // Whether what it was about to do was done, nobody knows.
  if (const auto left = finish(task); left && left->known.name == Name::memory)
    task.space->doubtful = true;
  const auto space = task.space;
  tasks_.erase(found);
  space->tasks.erase(tid);
  if (!space->tasks.empty()) return nullptr;
  kept_ -= std::exchange(space->kept, 0);
  return space;
}

void Family::rename(std::uint32_t from, std::uint32_t to) {
  auto node = tasks_.extract(from);
  if (node.empty()) return;
  Task& task = node.mapped();
  task.space->tasks.erase(from);
  task.space->tasks.insert(to);
  if (task.space->pid == from) task.space->pid = to;
  if (task.tgid == from) task.tgid = to;
  task.tid = node.key() = to;
  if (forking_.erase(from) != 0) forking_.insert(to);
  tasks_.insert(std::move(node));
}

bool Family::begin(Task& task, Pending pending) {
  if (pending_bytes_ + pending.head.size() > most_pending) return false;
  pending_bytes_ += pending.head.size();
  if (pending.known.name == Name::memory) {
    Space& space = *task.space;
    pending.alone = space.under_way++ == 0;
    pending.ticket = ++space.begun;
  }
  if (pending.known.name == Name::fork) forking_.insert(task.tid);
  task.pending = std::move(pending);
  return true;
}

std::optional<Pending> Family::finish(Task& task) {
  auto pending = std::exchange(task.pending, std::nullopt);
  if (!pending) return pending;
  pending_bytes_ -= pending->head.size();
  if (pending->known.name == Name::memory) --task.space->under_way;
  if (pending->known.name == Name::fork) forking_.erase(task.tid);
  return pending;
}

void Family::child_seen(Task& parent) {
  if (parent.pending) parent.pending->child_seen = true;
  forking_.erase(parent.tid);
}

std::vector<std::uint32_t> Family::silent() const {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  for (const auto& [tid, task] : tasks_) order.emplace_back(task.last, tid);
  const auto some = order.begin() + static_cast<std::ptrdiff_t>((order.size() + 15) / 16);
  std::partial_sort(order.begin(), some, order.end());
  std::vector<std::uint32_t> tids;
  for (auto each = order.begin(); each != some; ++each) tids.push_back(each->second);
  return tids;
}

std::vector<std::uint32_t> Family::all() const {
  std::vector<std::uint32_t> tids;
  for (const auto& [tid, task] : tasks_) tids.push_back(tid);
  std::sort(tids.begin(), tids.end());
  return tids;
}

bool Family::add_up(Space& space) {
  kept_ -= space.kept;
  space.kept = space.copies.size() + space.attached.size();
  kept_ += space.kept;
  return kept_ <= most_kept;
}

} // namespace mlockscope::strace
