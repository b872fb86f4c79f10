// The executable mappings of each address space. The probes tell those that stacks need, before the
// stacks; the whole list is read from /proc while its process lives, and again when it has changed.
// Each list has a version.
#pragma once

#include "cli/path_pool.hpp"
#include "model/event.hpp"
#include "model/process.hpp"
#include "procfs/process.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace mlockscope::cli {

class CodeLists {
public:
  struct List {
    model::SpaceId space{};
    std::uint32_t pid = 0;
    std::uint32_t version = 0; ///< of this address space, from 1
    model::Time time = 0;
    std::vector<model::CodeMapping> code;
  };
  using Listener = std::function<void(const List&)>;

  /// Told of each list when it is read, or needed, in the order of adding.
  void tell(Listener listener) { listeners_.push_back(std::move(listener)); }
  /// Nobody wants to know: nothing is read.
  [[nodiscard]] bool wanted() const { return !listeners_.empty(); }

  /// How soon after its birth the list of an address space is read.
  enum class AtBirth : std::uint8_t {
    at_once, ///< unwinding may need modules that the probes do not tell, and it may not live long
    later,   ///< with the next tend(): a process that is gone by then costs nothing
  };
  void read_at_birth(AtBirth when) { at_birth_ = when; }
  /// After an exec a pid is another space's. `code` is an address of the program; 0: not known.
  void born(model::SpaceId, std::uint32_t pid, model::Address code, model::Time now);
  /// To be read at the next tend().
  void see(model::SpaceId space, std::uint32_t pid) { stale_[space] = pid; }
  /// By a probe: this is mapped there. One without a path is left to /proc.
  void told(model::SpaceId, std::uint32_t pid, const model::CodeMapping&);
  /// A file that was mapped may be a library.
  void note(const model::CallEvent&);
  void tend(model::Time now);
  void forget(model::SpaceId);
  /// Its process is gone, and the pid may be another's: what is known stays, and is read no more.
  void ended(model::SpaceId);
  /// Every list is to be told once more, as it is then.
  void tell_again();

  /// The version that has these addresses, after reading anew if one of them is in no mapping that
  /// is known; 0: there is none.
  std::uint32_t version_for(model::SpaceId, std::uint32_t pid, const std::vector<model::Address>&,
                            model::Time now);

private:
  struct Piece {
    model::PageRange pages;
    std::uint64_t offset = 0, inode = 0, device = 0;
    PathPool::Path path;
    /// What tells one list from another.
    [[nodiscard]] bool same(const Piece& other) const {
      return pages == other.pages && inode == other.inode;
    }
  };
  using Pieces = std::vector<Piece>; ///< ascending
  struct Known {
    std::uint32_t pid = 0;
    std::uint32_t version = 0;
    Pieces pieces;
    bool untold = false; ///< pieces are not those of `version`
    /// An address that was code when last heard of; a list without it is of another program.
    model::Address anchor = 0;
    model::Time missed = 0; ///< when an address was last looked for in vain
  };
  static bool covers(const Pieces&, model::Address);
  [[nodiscard]] Piece piece_of(const model::CodeMapping&);
  void read(model::SpaceId, std::uint32_t pid, model::Time now);
  void publish(model::SpaceId, Known&, model::Time now);

  procfs::Proc proc_;
  PathPool paths_;
  std::vector<Listener> listeners_;
  AtBirth at_birth_ = AtBirth::at_once;
  std::unordered_map<model::SpaceId, Known> known_;
  std::unordered_map<model::SpaceId, std::uint32_t> stale_; ///< changed since, with their pids
  std::vector<model::SpaceId> untold_;                      ///< some of them may be told meanwhile
  model::Time due_ = 0;
};

} // namespace mlockscope::cli
