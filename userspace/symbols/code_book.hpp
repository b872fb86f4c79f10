// The broker's knowledge of address spaces: their mappings, with the files open.
#pragma once

#include "symbols/open_files.hpp"
#include "symbols/resolver.hpp"

#include <deque>

namespace mlockscope::symbols {

class CodeBook {
public:
  struct Mapping {
    model::CodeMapping described;
    FilePtr file; ///< none: not a file, or it could not be opened
  };
  struct Space {
    util::Fd process; ///< the folder in /proc; leads nowhere once the process is gone
    FilePtr perf_map; ///< as last seen
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

  /// Of the process's /tmp/perf-PID.map, opened anew while the process is there.
  [[nodiscard]] FilePtr perf_map(Space& space);

private:
  FilePtr open(const Space& space, const model::CodeMapping& mapping);
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
/// The process's id in its own PID namespace and its effective user, from the text of its status
/// file; nothing if it does not say.
struct Inside {
  std::uint32_t pid = 0;
  std::uint32_t user = 0;
};
[[nodiscard]] std::optional<Inside> parse_status(std::string_view status);

} // namespace mlockscope::symbols
