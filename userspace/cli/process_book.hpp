// Whose the traced address spaces are: as the probes say, or else /proc when one is first seen.
// Later the process may be gone, and its pid another's.
#pragma once

#include "decode/decode.hpp"
#include "model/process.hpp"
#include "procfs/process.hpp"

#include <unordered_map>

namespace mlockscope::cli {

class ProcessBook {
public:
  void born(const decode::Birth&);
  /// True if the address space was not known.
  bool see(model::SpaceId, std::uint32_t pid);
  /// As a recording has it.
  void set(model::SpaceId space, std::uint32_t pid, model::ProcessInfo info) {
    entries_[space] = {pid, std::move(info)};
  }
  void forget(model::SpaceId);
  [[nodiscard]] const model::ProcessInfo& of(model::SpaceId) const;

  struct Entry {
    std::uint32_t pid = 0;
    model::ProcessInfo info;
  };
  [[nodiscard]] const std::unordered_map<model::SpaceId, Entry>& all() const { return entries_; }

private:
  procfs::Proc proc_;
  std::unordered_map<model::SpaceId, Entry> entries_;
  model::SpaceId last_{};
};

} // namespace mlockscope::cli
