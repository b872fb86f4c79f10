// What a process is part of, as far as the path of its cgroup tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mlockscope::procfs {

/// Each from the innermost part of the path that names one. Whoever may make cgroups, as a user may
/// below their own and a container may inside its own, gives them what names they like: good to
/// look for where something happened, no proof of it.
struct Belonging {
  /// The 64 hex digits by which docker, podman, containerd and CRI-O name a container, or the name
  /// of an LXC or systemd-nspawn container.
  std::optional<std::string> container;
  /// The uid of a Kubernetes pod: a UUID with dashes, or 32 hex digits (static pods).
  std::optional<std::string> pod;
  /// The systemd service or scope, escapes (`\x2d`) and all. A container's own scope is no unit
  /// here, it would only repeat the id.
  std::optional<std::string> unit;
};

/// From a path of cgroup v1 or v2, as cgroup_of() has it. Nothing of a path of more than 4096 bytes
/// (PATH_MAX: the kernel makes none). Container names have at most 64 bytes, units at most 255
/// (systemd's own bound), both only characters that systemd allows in units: anything else names
/// nothing.
[[nodiscard]] Belonging belonging_of(std::string_view cgroup);

} // namespace mlockscope::procfs
