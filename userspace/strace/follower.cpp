#include "strace/follower.hpp"

#include "strace/values.hpp"

namespace mlockscope::strace {
namespace {

/// What is kept of a call that waits for its end. Only -v prints more: the environment of execve.
constexpr std::size_t longest_head = std::size_t{64} << 10;
constexpr std::size_t most_announced = 4096;
/// What looks ahead may read, for each byte of the log and at once.
constexpr std::size_t looks_per_byte = 16;
constexpr std::size_t longest_looks = std::size_t{16} << 20;

/// A call that moves locked memory may be in this text, wherever.
bool names_a_lock(std::string_view text) {
  for (const std::string_view name : {"lock(", "lock2(", "lockall(", "mremap(", "munmap("})
    if (text.find(name) != std::string_view::npos) return true;
  return false;
}

bool matters(Name name) { return name == Name::memory || name == Name::fork || name == Name::exec; }

} // namespace

void Follower::take(const Line& line) {
  line_ = line.number;
  look_budget_ = std::min(look_budget_ + looks_per_byte * line.text.size(), longest_looks);
  if (line.torn) notes_.torn = line.number;
  // On a terminal, this message can come between the two halves of a line.
  if (const Body body = read_body(line.text); body.kind == Body::Kind::attached) {
    if (announced_.size() < most_announced) announced_.insert(body.tid);
    const auto half = read_body(read_prefix(body.text).body).kind;
    if (half == Body::Kind::call || half == Body::Kind::resumed)
      torn_ = body.text;
    else if (!trimmed(body.text).empty())
      take_foreign(body.text, line.number);
    return;
  }
  if (torn_.empty()) return take_text(line.text, line);
  const std::string whole = std::exchange(torn_, {}) + std::string(line.text);
  take_text(whole, line);
}

void Follower::take_text(std::string_view text, const Line& line) {
  const Prefix prefix = read_prefix(text);
  const Body body = read_body(prefix.body);
  if (body.kind == Body::Kind::other) {
    if (!line.torn) take_foreign(text, line.number);
    return;
  }
  clock_.take(prefix.stamp);
  if (!began_) began_ = clock_.now();
  list_due();
  if (line.cut) return take_cut(body, prefix, line.number);
  if (line.torn && body.kind == Body::Kind::call && !read_call(body.text)) return;
  take_body(body, prefix, line.number);
}

void Follower::take_foreign(std::string_view text, std::uint64_t line) {
  if (trimmed(text).empty()) return;
  if (names_a_lock(text)) return damaged(nullptr, line);
  notes_.foreign.add(line);
}

/// Of a line that is too long, only the beginning is there.
void Follower::take_cut(const Body& body, const Prefix& prefix, std::uint64_t line) {
  if (body.kind != Body::Kind::call && body.kind != Body::Kind::resumed) return;
  if (!matters(known_call(body.name).name)) return;
  Task& task = task_of(prefix, body);
  family_.finish(task);
  damaged(&task, line);
}

void Follower::take_body(const Body& body, const Prefix& prefix, std::uint64_t line) {
  if (Task* const known = prefix.tid ? family_.find(*prefix.tid) : nullptr) spoke(*known);
  const bool is_call = body.kind == Body::Kind::call || body.kind == Body::Kind::begun ||
                       body.kind == Body::Kind::resumed;
  if (is_call && known_call(body.name).name == Name::other) return;
  if (body.kind == Body::Kind::passed) return;
  if (body.kind == Body::Kind::ended) {
    const Task* const only = family_.only();
    if (prefix.tid || settings_.pid) return leave(prefix.tid ? *prefix.tid : *settings_.pid);
    if (only != nullptr) leave(only->tid);
    return;
  }
  // "<... exit resumed>" of somebody who is gone.
  const Name name = known_call(body.name).name;
  if (body.kind == Body::Kind::resumed && !matters(name) && prefix.tid &&
      family_.find(*prefix.tid) == nullptr)
    return;

  Task& task = task_of(prefix, body);
  spoke(task);
  if (!prefix.comm.empty()) task.comm = comm_of_name(unescaped(prefix.comm, 64));
  if (body.kind == Body::Kind::superseded) return superseded(task, body.tid);
  if (body.kind == Body::Kind::resumed) return resume(task, body, line);
  if (const auto left = family_.finish(task)) // its end is missing
    if (matters(left->known.name)) damaged(&task, left->line);
  begin(task, body, line);
}

/// A line without a pid: on a terminal, strace leaves it out while there is one task only.
Task& Follower::unnamed_task() {
  if (settings_.pid) {
    if (Task* const own = family_.find(*settings_.pid)) return *own;
    return new_orphan(*settings_.pid);
  }
  if (Task* const only = family_.only()) return *only;
  if (Task* const unnamed = family_.find(0)) return *unnamed;
  if (family_.size() == 0 && announced_.size() == 1) return new_orphan(*announced_.begin());
  return new_orphan(0);
}

Task& Follower::task_of(const Prefix& prefix, const Body& body) {
  if (!prefix.tid) {
    // Of a process whose other threads are gone by now.
    const Task* const by = body.kind == Body::Kind::superseded ? family_.find(body.tid) : nullptr;
    Task* const leader = by == nullptr ? nullptr : family_.find(by->tgid);
    return leader != nullptr ? *leader : unnamed_task();
  }
  const std::uint32_t tid = *prefix.tid;
  // The number in the file's name is none of a process, or not of all lines.
  if (settings_.pid) family_.rename(*std::exchange(settings_.pid, std::nullopt), 0);
  if (Task* const known = family_.find(tid)) return *known;
  // The first task of a terminal gets its pid in front as soon as there is a second one.
  if (Task* const unnamed = family_.find(0); unnamed != nullptr && !announced_.contains(tid)) {
    const bool goes_on =
        body.kind == Body::Kind::resumed && unnamed->pending && unnamed->pending->name == body.name;
    const bool has_a_child = family_.forking().contains(0);
    if (goes_on || !has_a_child) {
      family_.rename(0, tid);
      return *family_.find(tid);
    }
  }
  return adopt(tid);
}

void Follower::begin(Task& task, const Body& body, std::uint64_t line) {
  Pending pending;
  pending.known = known_call(body.name);
  pending.name = body.name;
  pending.enter = clock_.now();
  pending.line = line;
  const bool is_begun = body.kind == Body::Kind::begun;
  if (is_begun && body.text.size() <= longest_head) pending.head = body.text;
  if (pending.known.name == Name::fork)
    pending.clone = read_clone(body.name, body.text.substr(body.name.size() + 1));
  const bool fits = body.text.size() <= longest_head || !is_begun;
  if (!fits || !family_.begin(task, pending)) {
    if (matters(pending.known.name)) damaged(&task, line);
    return;
  }
  if (is_begun) return;
  Pending whole = *family_.finish(task);
  complete(task, std::move(whole), body.text, line);
}

void Follower::resume(Task& task, const Body& body, std::uint64_t line) {
  auto pending = family_.finish(task);
  const Name name = known_call(body.name).name;
  if (!pending || pending->name != body.name) {
    if (pending && matters(pending->known.name)) damaged(&task, pending->line);
    // The end of a call that began before the log did.
    if (name == Name::exec && trimmed(body.text).find("= 0") != std::string_view::npos)
      return executed(task, std::nullopt);
    if (name == Name::memory || name == Name::fork) damaged(&task, line);
    return;
  }
  const std::string text = pending->head + std::string(body.text);
  complete(task, std::move(*pending), text, line);
}

void Follower::complete(Task& task, Pending pending, std::string_view text, std::uint64_t line) {
  const Name name = pending.known.name;
  const auto call = read_call(text);
  const auto outcome = call ? read_outcome(call->result) : std::nullopt;
  if (name == Name::exit || name == Name::exit_group)
    return name == Name::exit ? leave(task.tid) : leave_all(task);
  if (!outcome) {
    if (matters(name)) damaged(&task, line);
    return;
  }
  if (matters(name)) ++calls_;
  // The process was killed in the call.
  if (outcome->kind == Outcome::Kind::unknown) {
    if (name == Name::memory) task.space->doubtful = true;
    return;
  }
  const bool resumed = !pending.head.empty();
  const model::Time exit =
      resumed ? clock_.now() : clock_.advance(pending.enter + outcome->duration);
  if (name == Name::memory) return memory_call(task, pending, *call, *outcome, exit);
  if (name == Name::fork) return forked(task, pending, *outcome, line);
  side_call(task, pending, *call, *outcome);
}

void Follower::damaged(Task* task, std::uint64_t line) {
  notes_.damaged.add(line);
  const std::string cause = "line " + std::to_string(line) + " of the log could not be read";
  if (task == nullptr) return lose_of_all(cause);
  task->space->doubtful = false;
  lose(*task->space, cause);
}

void Follower::lose(Space& space, const std::string& cause) {
  start(space);
  space.lossy = true;
  ++space.calls;
  entries.push_back(model::Event(
      model::LostEvent{.count = 1, .time = clock_.now(), .cause = cause, .space = space.id}));
}

void Follower::lose_of_all(const std::string& cause) {
  ++losses_of_all_;
  entries.push_back(
      model::Event(model::LostEvent{.count = 1, .time = clock_.now(), .cause = cause}));
}

void Follower::finish() {
  list_due();
  // Children of whom there is no line: without -f, nobody knows when they ended.
  for (const std::uint32_t tid : family_.all())
    if (const Task* const task = family_.find(tid); task != nullptr && !task->spoke) leave(tid);
  if (!clock_.timed()) notes_.untimed = true;
  entries.push_back(recording::Ended{clock_.now()});
}

} // namespace mlockscope::strace
