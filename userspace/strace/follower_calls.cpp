// Calls on memory: one line, or two halves of one, become a model::CallEvent.
#include "strace/follower.hpp"

#include "model/linux_abi.hpp"
#include "strace/values.hpp"

namespace mlockscope::strace {
namespace {

using model::Call;
using model::linux_abi::failed;

constexpr std::size_t most_segments = 65536;
constexpr std::size_t most_attached = 1024;

} // namespace

void Follower::start(Space& space) {
  if (space.started) return;
  space.started = true;
  model::ProcessInfo info;
  if (space.exe) info.exe = *space.exe;
  entries.push_back(recording::ProcessSeen{space.id, space.pid, std::move(info)});
}

/// Before an event of a task: what happened to its address space that nobody saw the end of.
void Follower::start(Task& task) {
  Space& space = *task.space;
  start(space);
  if (std::exchange(space.doubtful, false)) lose(space, "the end of a call is not in the log");
}

void Follower::memory_call(Task& task, const Pending& pending, const CallText& text,
                           const Outcome& outcome, model::Time exit) {
  Space& space = *task.space;
  model::CallEvent event;
  event.space = space.id;
  event.call = pending.known.call;
  event.caller = {task.tgid, task.tid, model::Caller::unknown_uid, task.comm};
  event.enter = pending.enter;
  event.exit = exit;
  event.ret = outcome.value;
  event.overlapped = !pending.alone || space.begun != pending.ticket;
  event.born_clean = space.clean && space.losses_then == losses_of_all_;
  if (!read_arguments(text, event)) return damaged(&task, line_);
  start(task);
  fill_extent(event, space, text);
  maps_seen_ = maps_seen_ || event.call == Call::mmap || event.call == Call::munmap;
  space.copies.follow(event, settings_.page);
  keep_within_bounds(space);
  ++space.calls;
  entries.push_back(model::Event(std::move(event)));
  if (space.grace_over && !space.listed) list(space); // it waited for the end of this call
}

/// See model::CallEvent::extent.
void Follower::fill_extent(model::CallEvent& event, Space& space, const CallText& text) {
  const auto result = static_cast<model::Address>(event.ret);
  switch (event.call) {
  case Call::brk:
    // Without a brk before it, what it changed is not known: nothing, then.
    if (!failed(event.ret)) {
      const model::Address before = space.heap_end.value_or(result);
      event.extent = {before, before};
      space.heap_end = result;
    }
    break;
  case Call::shmat: {
    const auto id = read_number(text[0]);
    const auto size = id ? shm_sizes_.find(*id) : shm_sizes_.end();
    if (failed(event.ret) || size == shm_sizes_.end()) break;
    const auto bytes = model::byte_range(result, size->second);
    if (!bytes) break;
    const model::PageRange pages = settings_.page.around(*bytes);
    event.extent = model::bytes_of(pages);
    if (space.attached.size() < most_attached) space.attached[result] = pages.size();
    break;
  }
  case Call::shmdt:
    event.extent = {event.addr, event.addr};
    if (const auto found = space.attached.find(event.addr);
        !failed(event.ret) && found != space.attached.end()) {
      event.extent.end += found->second;
      space.attached.erase(found);
    }
    break;
  case Call::mremap:
    if (failed(event.ret) && (event.flags & model::linux_abi::mremap_fixed) != 0)
      if (const auto old = model::byte_range(event.addr, event.len))
        event.extent = model::bytes_of(settings_.page.around(*old));
    break;
  default:
    break;
  }
}

/// What is kept for the verdicts on forks is given up before it takes too much room.
void Follower::keep_within_bounds(Space& space) {
  if (family_.add_up(space)) return;
  space.copies.give_up();
  space.attached.clear();
  notes_.crowded.add(line_);
  static_cast<void>(family_.add_up(space));
}

/// Calls that say something about later ones.
void Follower::side_call(Task& task, const Pending& pending, const CallText& text,
                         const Outcome& outcome) {
  if (failed(outcome.value)) return;
  switch (pending.known.name) {
  case Name::exec:
    executed(task, read_executable(pending.name, text));
    break;
  case Name::rename:
    if (const auto name = read_new_name(text)) task.comm = comm_of_name(*name);
    break;
  case Name::advise: {
    const auto start = read_number(text[0]), length = read_number(text[1]);
    const auto bytes = start && length ? model::byte_range(*start, *length) : std::nullopt;
    if (bytes) task.space->copies.advise(read_advice(text[2]), settings_.page.around(*bytes));
    keep_within_bounds(*task.space);
    break;
  }
  case Name::shmget:
    if (const auto size = read_number(text[1]);
        size && *size != 0 && shm_sizes_.size() < most_segments)
      shm_sizes_[static_cast<std::uint64_t>(outcome.value)] = *size;
    break;
  case Name::shmctl: { // IPC_STAT
    const auto id = read_number(text[0]), size = read_number(field(text[2], "shm_segsz"));
    if (id && size && shm_sizes_.size() < most_segments) shm_sizes_[*id] = *size;
    break;
  }
  default:
    break;
  }
}

} // namespace mlockscope::strace
