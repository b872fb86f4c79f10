// Whose an address space is: what the kernel says beside the events.
#pragma once

#include "model/memory.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mlockscope::model {

/// What /proc says about a process; nothing where it could not say. Hostile text.
struct ProcessInfo {
  std::optional<std::string> exe;
  std::optional<std::string> cgroup;
  std::optional<std::string> container;
  std::optional<std::string> pod{};  ///< the uid that Kubernetes gave it
  std::optional<std::string> unit{}; ///< of systemd
  /// The process's name when it was first followed; that of a thread can be another.
  std::optional<std::string> comm{};
  bool operator==(const ProcessInfo&) const = default;
};

/// One executable mapping, by which code addresses can be named later.
struct CodeMapping {
  PageRange pages;
  std::uint64_t offset = 0; ///< in the file, bytes
  std::uint64_t inode = 0;
  std::uint64_t device = 0; ///< as makedev(3) has it
  std::string path;         ///< as /proc/PID/maps has it, newlines as \012: hostile text
  std::string build_id{};   ///< raw bytes of NT_GNU_BUILD_ID; empty if unknown
  bool operator==(const CodeMapping&) const = default;
};

} // namespace mlockscope::model
