// Which processes of a recording are judged: the filters that the probes have while tracing, with
// the same meaning. Decided once for each address space, when it is first heard of.
#pragma once

#include "capture/filters.hpp"
#include "cli/options.hpp"
#include "cli/process_book.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace mlockscope::cli {

/// The address space an event is about; of a fork the child; nothing if it is about none.
[[nodiscard]] std::optional<model::SpaceId> space_of(const model::Event&);

class Selection {
public:
  /// Everything.
  Selection() = default;
  /// The error is the user's mistake: a pattern or user that cannot be.
  [[nodiscard]] static util::Result<Selection> of(const ProcessOptions&);

  /// What was decided so far, of one recording.
  using Memory = std::unordered_map<model::SpaceId, bool>;
  /// False if the event belongs to an address space that is left out.
  [[nodiscard]] bool takes(const model::Event&, const ProcessBook*, Memory&) const;

private:
  struct Who {
    std::uint32_t pid = 0;
    std::string_view comm;
    std::optional<std::uint32_t> uid;
  };
  [[nodiscard]] bool passes(const Who&, const std::optional<std::string>& cgroup) const;
  [[nodiscard]] bool in_cgroups(const std::optional<std::string>& cgroup) const;

  bool all_ = true;
  capture::Filters filters_;
  std::vector<std::string> cgroups_; ///< paths below the mount point, as recordings have them
};

} // namespace mlockscope::cli
