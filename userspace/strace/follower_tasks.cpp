// Births and ends of tasks and address spaces.
#include "strace/follower.hpp"

#include "model/linux_abi.hpp"
#include "strace/values.hpp"

#include <algorithm>

namespace mlockscope::strace {

/// A task whose first line this is.
Task& Follower::adopt(std::uint32_t tid) {
  announced_.erase(tid);
  Task* const parent = parent_of(tid);
  if (parent == nullptr) return new_orphan(tid);
  const auto flags = parent->pending->clone;
  family_.child_seen(*parent);
  if (!flags) return new_orphan(tid);
  return give_birth(*parent, *flags, tid);
}

/// In which task a call is under way that made this one: its end, in the lines to come, says so.
Task* Follower::parent_of(std::uint32_t tid) {
  if (family_.forking().empty()) return nullptr;
  std::set<std::uint32_t> candidates = family_.forking();
  const Task* found = nullptr;
  const auto seen = lines_.look_ahead([&](std::string_view text) {
    if (look_budget_ < text.size()) return true;
    look_budget_ -= std::min(look_budget_, text.size() + 1);
    const Prefix prefix = read_prefix(text);
    const Body body = read_body(prefix.body);
    if (body.kind != Body::Kind::resumed || known_call(body.name).name != Name::fork) return false;
    const std::uint32_t parent = prefix.tid        ? *prefix.tid
                                 : family_.find(0) ? 0
                                                   : *candidates.begin();
    const Task* const task = candidates.contains(parent) ? family_.find(parent) : nullptr;
    if (task == nullptr || !task->pending) return false;
    const std::string whole = task->pending->head + std::string(body.text);
    const auto call = read_call(whole);
    const auto outcome = call ? read_outcome(call->result) : std::nullopt;
    if (outcome && outcome->value == tid)
      found = task;
    else
      candidates.erase(parent);
    return found != nullptr || candidates.empty();
  });
  // What cannot be read is told when it is to be taken.
  if (!seen || candidates.empty()) return nullptr;
  if (found != nullptr) return family_.find(found->tid);
  // vfork returns when the child is done, which may be far away.
  return candidates.size() == 1 ? family_.find(*candidates.begin()) : nullptr;
}

Task& Follower::new_orphan(std::uint32_t tid) {
  make_room();
  announced_.erase(tid);
  auto space = family_.new_space(tid);
  space->losses_then = losses_of_all_;
  Task& task = family_.add(tid, tid, std::move(space));
  task.orphan = true;
  task.last = line_;
  return task;
}

Task& Follower::give_birth(Task& parent, CloneFlags flags, std::uint32_t tid) {
  const std::uint32_t parent_tid = parent.tid;
  make_room();
  Task* mother = family_.find(parent_tid);
  if (mother == nullptr) return new_orphan(tid);
  if (flags.memory) {
    Task& child = family_.add(tid, flags.thread ? mother->tgid : tid, mother->space);
    child.last = line_;
    child.comm = family_.find(parent_tid)->comm;
    return child;
  }
  const std::shared_ptr<Space> old = mother->space;
  auto space = family_.new_space(tid);
  space->clean = true; // kernel/fork.c, dup_mmap(): nothing in it is locked
  space->losses_then = losses_of_all_;
  space->heap_end = old->heap_end;
  space->attached = old->attached;
  space->exe = old->exe;
  space->copies = old->copies.in_child();
  Task& child = family_.add(tid, tid, space);
  mother = family_.find(parent_tid);
  child.last = line_;
  child.comm = mother->comm;
  keep_within_bounds(*space);
  if (!old->started) return child; // nothing to inherit
  start(*mother);
  start(*space);
  entries.push_back(model::Event(model::ForkEvent{
      old->id, space->id, {mother->tgid, parent_tid, 0, mother->comm}, tid, clock_.now()}));
  wait_for(space);
  return child;
}

/// Its grace time begins.
void Follower::wait_for(const std::shared_ptr<Space>& heir) {
  if (heirs_.size() >= Family::most_tasks) heirs_.pop_front();
  heirs_.emplace_back(clock_.now() + settings_.fork_grace + clock_.step() + 1, heir);
}

/// An execve or exit of its tasks is under way.
bool Follower::is_leaving(const Space& space) {
  return std::any_of(space.tasks.begin(), space.tasks.end(), [&](std::uint32_t tid) {
    const Task* const task = family_.find(tid);
    if (task == nullptr || !task->pending) return false;
    const Name name = task->pending->known.name;
    return name == Name::exec || name == Name::exit || name == Name::exit_group;
  });
}

/// A call of fork's kind has returned.
void Follower::forked(Task& parent, const Pending& pending, const Outcome& outcome,
                      std::uint64_t line) {
  if (model::linux_abi::failed(outcome.value) || pending.child_seen) return;
  if (settings_.pid) return; // the lines of the child are in another file
  const auto tid = static_cast<std::uint64_t>(outcome.value);
  if (tid == 0 || tid > 0xffffffff || tid == parent.tid) return;
  const auto child = static_cast<std::uint32_t>(tid);
  announced_.erase(child);
  if (!pending.clone) return damaged(&parent, line);
  const std::uint32_t parent_tid = parent.tid;
  if (Task* const known = family_.find(child); known != nullptr) {
    // Its lines came long before this one, and were taken to be of somebody else.
    if (known->orphan && pending.clone->memory) {
      notes_.guessed.add(line);
      parent.space->lossy = true;
      return lose(*parent.space, "a thread's calls could not be told from another process's");
    }
    if (known->orphan) return;
    leave(child); // the pid of one whose end is not in the log
  }
  if (Task* const mother = family_.find(parent_tid)) give_birth(*mother, *pending.clone, child);
}

/// execve succeeded: a new address space, in which this thread is alone and has the process's pid.
void Follower::executed(Task& task, std::optional<std::string> path) {
  std::uint32_t tid = task.tid;
  const std::uint32_t tgid = task.tgid;
  for (const std::uint32_t other :
       std::vector(task.space->tasks.begin(), task.space->tasks.end())) {
    const Task* const each = family_.find(other);
    if (other != tid && each != nullptr && each->tgid == tgid) leave(other);
  }
  if (tid != tgid && family_.find(tgid) == nullptr) {
    family_.rename(tid, tgid);
    tid = tgid;
  }
  Task* const alone = family_.find(tid);
  alone->orphan = false;
  auto space = family_.new_space(tid);
  space->clean = true;
  space->losses_then = losses_of_all_;
  if (path) {
    alone->comm = comm_of_path(*path);
    space->exe = std::make_shared<const std::string>(std::move(*path));
  }
  end(family_.move(*alone, std::move(space)));
}

/// A thread that is not the first of its process has called execve; it goes on with the pid of
/// `leader`, under which its call will end.
void Follower::superseded(Task& leader, std::uint32_t by) {
  const std::uint32_t tid = leader.tid;
  Task* const other = by == tid ? nullptr : family_.find(by);
  if (other == nullptr || !other->pending || other->pending->known.name != Name::exec)
    return executed(leader, std::nullopt);
  auto call = family_.finish(*other);
  family_.finish(leader);
  static_cast<void>(family_.begin(leader, std::move(*call)));
  leave(by);
}

/// A task has ended, or is forgotten.
void Follower::leave(std::uint32_t tid) {
  announced_.erase(tid);
  end(family_.remove(tid));
}

/// exit_group: all of a process. A call on memory that is still under way may return yet.
void Follower::leave_all(const Task& task) {
  const std::uint32_t tgid = task.tgid;
  const auto space = task.space;
  for (const std::uint32_t tid : std::vector(space->tasks.begin(), space->tasks.end())) {
    const Task* const each = family_.find(tid);
    if (each == nullptr || each->tgid != tgid) continue;
    if (each->pending && each->pending->known.name == Name::memory) continue;
    leave(tid);
  }
}

void Follower::end(const std::shared_ptr<Space>& space) {
  if (!space || !space->started) return;
  entries.push_back(model::Event(model::EndEvent{space->id, clock_.now()}));
}

void Follower::make_room() {
  if (!family_.full()) return;
  for (const std::uint32_t tid : family_.silent()) {
    notes_.evicted.add(line_);
    leave(tid);
  }
}

/// Children whose grace time is over.
void Follower::list_due() {
  while (!heirs_.empty() && heirs_.front().first <= clock_.now()) {
    const auto space = heirs_.front().second.lock();
    heirs_.pop_front();
    if (!space || space->tasks.empty()) continue;
    if (is_leaving(*space)) { // an execve that may fail yet
      wait_for(space);
      continue;
    }
    space->grace_over = true;
    if (space->under_way == 0) list(*space);
  }
}

/// A line with the tid of a task: it is there, and strace follows it.
void Follower::spoke(Task& task) {
  task.spoke = true;
  task.last = line_;
  Space& space = *task.space;
  if (space.grace_over && !space.listed && space.under_way == 0 && !is_leaving(space)) list(space);
}

/// Gives a list of the child's mappings, if one can be made that is true. Without -f, or with pids
/// of another namespace, no line will ever tell of the child's end; so it has to show itself first.
void Follower::list(Space& space) {
  const Task* task = nullptr;
  for (const std::uint32_t tid : space.tasks)
    if (const Task* const each = family_.find(tid); each != nullptr && each->spoke) task = each;
  if (task == nullptr) return;
  space.listed = true;
  if (!maps_seen_ || !clock_.timed()) return;
  if (space.lossy || space.doubtful || space.losses_then != losses_of_all_) return;
  if (!space.copies.known()) return;
  const model::Time now = clock_.now();
  entries.push_back(model::Event(model::TickEvent{now}));
  entries.push_back(
      model::Event(model::SnapshotEvent{.space = space.id,
                                        .pid = task->tgid,
                                        .comm = task->comm,
                                        .time = now,
                                        .calls_before = space.calls,
                                        .lost = 0,
                                        .locks_future = space.copies.locks_future(),
                                        .mappings = space.copies.mappings(settings_.page)}));
}

} // namespace mlockscope::strace
