// How the parts of cgroup paths are named:
//
//   docker            docker/ID                                docker-ID.scope
//   containerd        kubepods/QOS/podUID/ID                   cri-containerd-ID.scope
//                     kubepods-QOS-podUID.slice:cri-containerd:ID (v1, drivers that disagree)
//   CRI-O             crio-ID                                  crio-ID.scope[/container]
//   podman            libpod_parent/libpod-ID, libpod-payload-ID, libpod-ID.scope[/container]
//   Kubernetes        podUID            kubepods-QOS-podUID.slice, UID with _ for -
//   LXC, LXD, Incus   lxc/NAME, lxc.payload/NAME, lxc.payload.NAME
//   systemd-nspawn    machine-NAME.scope, systemd-nspawn@NAME.service, each with payload inside
//
// The monitor of a container lives outside of it, in a cgroup of nearly the same name.
#include "procfs/belonging.hpp"

#include <algorithm>
#include <vector>

namespace mlockscope::procfs {
namespace {

using Name = std::optional<std::string_view>;

constexpr std::size_t longest_path = 4096;    // PATH_MAX, with the NUL
constexpr std::size_t longest_container = 64; // LXD and machined allow 63 and 64
constexpr std::size_t longest_unit = 256 - 1; // UNIT_NAME_MAX of systemd, with the NUL

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// systemd's VALID_CHARS of src/basic/unit-name.c.
bool is_unit_character(char c) {
  return is_digit(c) || is_letter(c) || std::string_view(":-_.\\@").find(c) != std::string::npos;
}

bool is_name(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(), is_unit_character);
}

/// What stands between the two, if both are there.
Name between(std::string_view text, std::string_view prefix, std::string_view suffix) {
  const bool both = text.size() >= prefix.size() + suffix.size() && text.starts_with(prefix) &&
                    text.ends_with(suffix);
  if (!both) return std::nullopt;
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

/// A part of a path with its neighbours; "" where there is none.
struct Part {
  std::string_view outer, text, inner;
};

/// "ID", or "ID" behind the last '-' or ':', perhaps with ".scope" behind it.
Name id_in(std::string_view part) {
  part = between(part, "", ".scope").value_or(part);
  const auto cut = part.find_last_of("-:");
  const std::string_view id = cut == part.npos ? part : part.substr(cut + 1);
  if (id.size() != 64 || !std::all_of(id.begin(), id.end(), is_hex)) return std::nullopt;
  return id;
}

Name lxc_in(const Part& part) {
  if (part.outer == "lxc" || part.outer == "lxc.payload") return part.text;
  return between(part.text, "lxc.payload.", "");
}

/// libvirt's virtual machines have a machine-qemu\x2d... each: no containers.
Name nspawn_in(const Part& part) {
  if (part.inner == "supervisor" || part.text.starts_with("machine-qemu\\x2d")) return std::nullopt;
  if (const Name name = between(part.text, "systemd-nspawn@", ".service")) return name;
  return between(part.text, "machine-", ".scope");
}

Name container_in(const Part& part) {
  if (const Name id = id_in(part.text)) return id;
  Name name = lxc_in(part);
  if (!name) name = nspawn_in(part);
  return name && is_name(*name, longest_container) ? name : std::nullopt;
}

bool is_monitor(std::string_view part) {
  return part.find("-conmon-") != part.npos || part.starts_with("lxc.monitor");
}

bool is_pod_uid(std::string_view text) {
  if (text.size() == 32) return std::all_of(text.begin(), text.end(), is_hex);
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

/// "podUID", or "...-podUID.slice" and what may follow it.
std::optional<std::string> pod_in(std::string_view part) {
  part = part.substr(0, part.find(".slice"));
  const auto mark = part.rfind("pod");
  if (mark == part.npos) return std::nullopt;
  std::string uid(part.substr(mark + 3));
  std::replace(uid.begin(), uid.end(), '_', '-');
  if (!is_pod_uid(uid)) return std::nullopt;
  return uid;
}

Name unit_in(std::string_view part) {
  const bool unit = part.ends_with(".service") || part.ends_with(".scope");
  if (!unit || id_in(part) || !is_name(part, longest_unit)) return std::nullopt;
  return part;
}

/// From the outermost to the innermost.
std::vector<Part> parts_of(std::string_view path) {
  std::vector<Part> parts;
  while (!path.empty()) {
    const std::string_view text = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), text.size() + 1));
    if (text.empty()) continue;
    if (!parts.empty()) parts.back().inner = text;
    parts.push_back({parts.empty() ? std::string_view{} : parts.back().text, text, {}});
  }
  return parts;
}

} // namespace

Belonging belonging_of(std::string_view cgroup) {
  Belonging found;
  if (cgroup.size() >= longest_path) return found;
  cgroup = between(cgroup, "", " (deleted)").value_or(cgroup); // removed since, cgroups(7)
  // seen from a cgroup namespace inside of it, paths begin with "/.." instead, cgroup_namespaces(7)
  const bool kubernetes = cgroup.find("kubepods") != cgroup.npos || cgroup.starts_with("/../");
  const auto parts = parts_of(cgroup);
  bool monitor = false;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    monitor = monitor || is_monitor(part->text);
    if (!found.container && !monitor) found.container = container_in(*part);
    if (!found.pod && kubernetes) found.pod = pod_in(part->text);
    if (!found.unit) found.unit = unit_in(part->text);
  }
  return found;
}

} // namespace mlockscope::procfs
