// From the lines of a log to entries: who made each call, in which address space, and what became
// of it.
//
// What is taken from where:
//   - two calls of an address space overlap if one began before the end of the other was printed;
//   - a task without a line that tells its parent is looked for in the lines to come: strace often
//     prints a child's first calls before the "= PID" of the clone that made it;
//   - the kernel's words on VM_LOCKED are unknown; after a line that cannot be read the address
//     space has lost an event.
#pragma once

#include "recording/entry.hpp"
#include "strace/clock.hpp"
#include "strace/family.hpp"
#include "strace/line_reader.hpp"
#include "strace/notes.hpp"

#include <deque>

namespace mlockscope::strace {

class Follower {
public:
  struct Settings {
    model::PageSize page;
    model::Time fork_grace = 0;
    std::optional<std::uint32_t> pid{}; ///< whose lines these are if they do not say so
  };
  /// Looks ahead in `lines`, from which it is given one line after the other.
  Follower(LineReader& lines, const Settings& settings) : lines_(lines), settings_(settings) {}

  void take(const Line&);
  /// After the last line.
  void finish();

  std::deque<recording::Entry> entries; ///< what has been concluded, to be taken from the front
  [[nodiscard]] const Notes& notes() const { return notes_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// Calls that were looked for; 0: this is no log of such calls.
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] model::Time began() const { return began_.value_or(0); }
  /// mmap or munmap is in the log.
  [[nodiscard]] bool maps_seen() const { return maps_seen_; }

private:
  // follower.cpp: lines
  void take_text(std::string_view text, const Line&);
  void take_body(const Body&, const Prefix&, std::uint64_t line);
  void take_cut(const Body&, const Prefix&, std::uint64_t line);
  void take_foreign(std::string_view text, std::uint64_t line);
  Task& task_of(const Prefix&, const Body&);
  Task& unnamed_task();
  void begin(Task&, const Body&, std::uint64_t line);
  void resume(Task&, const Body&, std::uint64_t line);
  void complete(Task&, Pending, std::string_view text, std::uint64_t line);
  void damaged(Task*, std::uint64_t line);
  void lose(Space&, const std::string& cause);
  void lose_of_all(const std::string& cause);

  // follower_calls.cpp: calls on memory
  void memory_call(Task&, const Pending&, const CallText&, const Outcome&, model::Time exit);
  void side_call(Task&, const Pending&, const CallText&, const Outcome&);
  void fill_extent(model::CallEvent&, Space&, const CallText&);
  void keep_within_bounds(Space&);
  void start(Task&);
  void start(Space&);

  // follower_tasks.cpp: births and ends
  Task& adopt(std::uint32_t tid);
  Task* parent_of(std::uint32_t tid);
  Task& new_orphan(std::uint32_t tid);
  Task& give_birth(Task& parent, CloneFlags, std::uint32_t tid);
  void forked(Task&, const Pending&, const Outcome&, std::uint64_t line);
  void executed(Task&, std::optional<std::string> path);
  void superseded(Task& leader, std::uint32_t by);
  void leave(std::uint32_t tid);
  void leave_all(const Task&);
  void end(const std::shared_ptr<Space>&);
  void make_room();
  void wait_for(const std::shared_ptr<Space>& heir);
  bool is_leaving(const Space&);
  void spoke(Task&);
  void list_due();
  void list(Space&);

  LineReader& lines_;
  Settings settings_;
  Clock clock_;
  Notes notes_;
  Family family_;
  std::string torn_;                  ///< a line that a message of strace has broken
  std::set<std::uint32_t> announced_; ///< "Process 123 attached", and no line of it yet
  std::unordered_map<std::uint64_t, std::uint64_t> shm_sizes_;     ///< by shmid
  std::deque<std::pair<model::Time, std::weak_ptr<Space>>> heirs_; ///< by the end of their grace
  std::uint64_t calls_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t losses_of_all_ = 0;
  std::size_t look_budget_ = 0; ///< bytes that looks ahead may still read
  std::optional<model::Time> began_;
  bool maps_seen_ = false;
};

} // namespace mlockscope::strace
