// The files that the broker has open for the helper: each once, however many processes map it.
#pragma once

#include "symbols/safe_open.hpp"

#include <map>
#include <memory>

namespace mlockscope::symbols {

struct File {
  std::uint64_t id = 0; ///< from 1, never given out again
  util::Fd fd;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};
using FilePtr = std::shared_ptr<const File>;

class OpenFiles {
public:
  /// Of the file system a file is on, as fstat(2) has them; while it is open, no other file has
  /// the same.
  using Identity = std::pair<std::uint64_t, std::uint64_t>;

  /// The file, which may be open already; then that one. Nothing if too many files are open.
  [[nodiscard]] FilePtr keep(Opened opened);

  /// The file, if it is open.
  [[nodiscard]] FilePtr find(Identity identity) const;

  /// A helper died over the file with this id. True if that makes it a file to give up.
  bool blame(std::uint64_t id);
  /// A helper did its work: what others died of may have been an accident. Not for files given up.
  void forgive();
  [[nodiscard]] bool given_up(const File& file) const;

private:
  void forget_closed();

  std::map<Identity, std::weak_ptr<const File>> open_;
  std::map<std::uint64_t, Identity> identities_; ///< by id
  std::map<Identity, unsigned> strikes_;
  std::size_t suspects_ = 0; ///< blamed since forgive()
  std::uint64_t last_id_ = 0;
};

/// The bound on files that are open at once: half of what the process may have, RLIMIT_NOFILE.
[[nodiscard]] std::size_t most_open_files();

} // namespace mlockscope::symbols
