// The broker's knowledge of address spaces: their mappings, with the files open.
#pragma once

#include "symbols/open_files.hpp"
#include "symbols/resolver.hpp"

#include <deque>

namespace mlockscope::symbols {

/// A process's id in its own PID namespace, and its effective user.
struct Inside {
  std::uint32_t pid = 0;
  std::uint32_t user = 0;
};

class CodeBook {
public:
  struct Mapping {
    model::CodeMapping described;
    FilePtr file; ///< none: not a file, or it could not be opened
  };
  struct Space {
    util::Fd process; ///< the folder in /proc; leads nowhere once the process is gone
    FilePtr perf_map; ///< as last seen
    /// As they were at the first description; nothing if it was gone by then.
    std::optional<Inside> inside;
    bool own_root = false; ///< its root directory is that of this process
    std::uint64_t described = 0;
  };
  struct Code {
    std::uint64_t number = 0; ///< never given out again
    std::shared_ptr<Space> space;
    std::vector<Mapping> mappings;
  };
  using CodePtr = std::shared_ptr<const Code>;

  CodeBook(OpenFiles& files, std::size_t most_spaces) : files_(files), most_(most_spaces) {}

  void describe(CodeKey key, std::uint32_t pid, std::vector<model::CodeMapping> mappings);
  void forget(model::SpaceId space);
  [[nodiscard]] CodePtr find(CodeKey key) const;

  /// Of the process's /tmp/perf-PID.map, opened anew. When the process is gone, its map is still
  /// there as a rule, and looked for if its root was the usual one.
  [[nodiscard]] FilePtr perf_map(Space& space);

private:
  FilePtr open(const Space& space, const model::CodeMapping& mapping);
  void look_inside(Space& space) const;
  [[nodiscard]] int own_root();
  void make_room(model::SpaceId space);

  OpenFiles& files_;
  std::size_t most_;
  util::Fd own_root_;
  std::uint64_t last_number_ = 0;
  std::map<model::SpaceId, std::shared_ptr<Space>> spaces_;
  std::map<CodeKey, CodePtr> codes_;
};

/// The path without " (deleted)", and with its newlines.
[[nodiscard]] std::string path_to_open(std::string_view as_in_maps);
/// From the text of its status file; nothing if it does not say.
[[nodiscard]] std::optional<Inside> parse_status(std::string_view status);

} // namespace mlockscope::symbols
