// The executable mappings of each address space, read from /proc while its process lives, and read
// again when they have changed. Each list has a version.
#pragma once

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

  /// Told of each list as it is read, in the order of adding.
  void tell(Listener listener) { listeners_.push_back(std::move(listener)); }
  /// Nobody wants to know: nothing is read.
  [[nodiscard]] bool wanted() const { return !listeners_.empty(); }

  /// Reads at once: the process may not live long. After an exec a pid is another space's.
  void born(model::SpaceId, std::uint32_t pid, model::Time now);
  /// To be read at the next tend().
  void see(model::SpaceId space, std::uint32_t pid) { stale_[space] = pid; }
  /// A file that was mapped may be a library.
  void note(const model::CallEvent&);
  void tend(model::Time now);
  void forget(model::SpaceId);
  /// Every list is to be told once more, as it is then.
  void tell_again();

  /// The version that has these addresses, after reading anew if one of them is in no mapping that
  /// is known; 0: there is none.
  std::uint32_t version_for(model::SpaceId, std::uint32_t pid, const std::vector<model::Address>&,
                            model::Time now);

private:
  /// What tells one list from another.
  struct Piece {
    model::PageRange pages;
    std::uint64_t inode = 0;
    bool operator==(const Piece&) const = default;
  };
  struct Known {
    std::uint32_t pid = 0;
    std::uint32_t version = 0;
    std::vector<Piece> pieces; ///< ascending
    model::Time missed = 0;    ///< when an address was last looked for in vain
  };
  static bool covers(const std::vector<Piece>&, model::Address);
  void read(model::SpaceId, std::uint32_t pid, model::Time now);

  procfs::Proc proc_;
  std::vector<Listener> listeners_;
  std::unordered_map<model::SpaceId, Known> known_;
  std::unordered_map<model::SpaceId, std::uint32_t> stale_; ///< changed since, with their pids
  model::Time due_ = 0;
};

} // namespace mlockscope::cli
