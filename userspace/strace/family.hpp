// The tasks of a log and the address spaces they have, as far as its lines have told. A tid is a
// task only while the task lives; an address space is one only while it has a task.
#pragma once

#include "strace/copies.hpp"
#include "strace/memory_calls.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace mlockscope::strace {

struct Space {
  model::SpaceId id{};
  std::unordered_set<std::uint32_t> tasks;
  bool clean = false;      ///< its beginning (exec, fork) is in the log
  bool started = false;    ///< entries about it have been given
  bool doubtful = false;   ///< a call's end was not seen: lost, if anything comes after it
  bool lossy = false;      ///< a LostEvent about it has been given
  std::uint64_t calls = 0; ///< CallEvents given
  std::uint64_t begun = 0; ///< memory calls begun
  std::size_t under_way = 0;
  std::optional<model::Address> heap_end;
  std::map<model::Address, std::uint64_t> attached; ///< shmat: bytes by address
  std::shared_ptr<const std::string> exe;
  std::uint32_t pid = 0; ///< the process it began with
  Copies copies;
  std::size_t kept = 0;          ///< runs in all these, as last added up
  bool grace_over = false;       ///< of a forked child: its list is due
  bool listed = false;           ///< it has been given, or never will be
  std::uint64_t losses_then = 0; ///< losses of nobody knows whose calls, when it began
};

/// A call whose end has not come yet.
struct Pending {
  std::string name;
  std::string head; ///< its line so far
  Known known;
  model::Time enter = 0;
  std::uint64_t line = 0;
  std::uint64_t ticket = 0; ///< Space::begun when it began
  bool alone = false;       ///< no other memory call was under way then
  std::optional<CloneFlags> clone;
  bool child_seen = false; ///< the child is known from its own lines already
};

struct Task {
  std::uint32_t tid = 0;
  std::uint32_t tgid = 0;
  std::shared_ptr<Space> space;
  model::Comm comm;
  std::optional<Pending> pending;
  bool spoke = false;     ///< a line of its own has been read
  bool orphan = false;    ///< nothing told where it comes from
  std::uint64_t last = 0; ///< the number of its last line
};

class Family {
public:
  static constexpr std::size_t most_tasks = 65536;
  /// Bytes of calls that wait for their ends, in all.
  static constexpr std::size_t most_pending = std::size_t{64} << 20;
  /// Runs of pages that all address spaces may keep together.
  static constexpr std::size_t most_kept = std::size_t{1} << 20;

  [[nodiscard]] Task* find(std::uint32_t tid);
  /// There must be none of this tid, and room for it. Valid until another is removed.
  Task& add(std::uint32_t tid, std::uint32_t tgid, std::shared_ptr<Space>);
  std::shared_ptr<Space> new_space(std::uint32_t pid);
  /// The task gets another address space. Returns the old one if that has no task left.
  std::shared_ptr<Space> move(Task&, std::shared_ptr<Space>);
  /// The same for a task that is gone.
  std::shared_ptr<Space> remove(std::uint32_t tid);
  void rename(std::uint32_t from, std::uint32_t to);

  /// False if there is no room for what it would keep.
  [[nodiscard]] bool begin(Task&, Pending);
  /// Nothing if no call is pending.
  std::optional<Pending> finish(Task&);
  /// Those in which a call of fork's kind is under way whose child is not known.
  [[nodiscard]] const std::set<std::uint32_t>& forking() const { return forking_; }
  void child_seen(Task&);

  [[nodiscard]] bool full() const { return tasks_.size() >= most_tasks; }
  /// The tasks that have been silent for longest, a sixteenth of all.
  [[nodiscard]] std::vector<std::uint32_t> silent() const;
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  [[nodiscard]] Task* only() { return tasks_.size() == 1 ? &tasks_.begin()->second : nullptr; }
  [[nodiscard]] std::vector<std::uint32_t> all() const;

  /// Adds up again what it keeps; false if that is too much in all.
  [[nodiscard]] bool add_up(Space&);

private:
  std::unordered_map<std::uint32_t, Task> tasks_;
  std::set<std::uint32_t> forking_;
  std::size_t pending_bytes_ = 0;
  std::size_t kept_ = 0;
  std::uint64_t spaces_ = 0;
};

} // namespace mlockscope::strace
