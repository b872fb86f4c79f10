// Whose the traced address spaces are: as the probes say, or else /proc when one is first seen.
// Later the process may be gone, and its pid another's.
#pragma once

#include "decode/decode.hpp"
#include "procfs/process.hpp"
#include "report/sink.hpp"

#include <unordered_map>

namespace mlockscope::cli {

class ProcessBook {
public:
  void born(const decode::Birth&);
  void see(model::SpaceId, std::uint32_t pid);
  void forget(model::SpaceId);
  [[nodiscard]] const report::ProcessInfo& of(model::SpaceId) const;

private:
  procfs::Proc proc_;
  std::unordered_map<model::SpaceId, report::ProcessInfo> entries_;
  model::SpaceId last_{};
};

} // namespace mlockscope::cli
