#include "procfs/process.hpp"

#include "procfs/file.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <dirent.h>
#include <memory>
#include <unistd.h>
#include <unordered_map>

namespace mlockscope::procfs {
namespace {

using Children = std::unordered_map<std::uint32_t, std::vector<std::uint32_t>>;

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The parent from /proc/PID/stat, "7 (name) S 1 ...". The name may hold spaces and parentheses,
/// so the last one ends it.
std::optional<std::uint32_t> parent_of(std::string_view stat) {
  const auto name_end = stat.rfind(") ");
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = stat.substr(name_end + 2);
  const auto from = rest.find(' ');
  if (from == std::string_view::npos) return std::nullopt;
  const auto to = rest.find(' ', from + 1);
  return number(rest.substr(from + 1, to == rest.npos ? to : to - from - 1));
}

Children all_children(const std::string& root) {
  Children children;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(root.c_str()), ::closedir);
  if (!folder) return children;
  while (const dirent* entry = ::readdir(folder.get())) {
    const auto pid = number(entry->d_name);
    if (!pid) continue;
    const auto stat = read_text(path_of(root, *pid, "stat"));
    if (!stat) continue;
    if (const auto parent = parent_of(stat.value())) children[*parent].push_back(*pid);
  }
  return children;
}

} // namespace

std::optional<std::string> Proc::exe(std::uint32_t pid) const {
  char target[PATH_MAX];
  const ssize_t length = ::readlink(path_of(root_, pid, "exe").c_str(), target, sizeof target);
  if (length < 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(length));
}

std::optional<std::string> Proc::comm(std::uint32_t pid) const {
  auto text = read_text(path_of(root_, pid, "comm"));
  if (!text) return std::nullopt;
  std::string name = text.take();
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

std::optional<std::string> Proc::cgroup(std::uint32_t pid) const {
  const auto text = read_text(path_of(root_, pid, "cgroup"));
  return text ? cgroup_of(text.value()) : std::nullopt;
}

std::vector<std::uint32_t> Proc::descendants(std::uint32_t pid) const {
  const Children children = all_children(root_);
  std::vector<std::uint32_t> found;
  const auto add_children_of = [&](std::uint32_t parent) {
    const auto at = children.find(parent);
    if (at == children.end()) return;
    for (const std::uint32_t child : at->second) {
      // The list is gathered while processes come and go: a reused pid can make it a circle.
      const bool seen = child == pid || std::find(found.begin(), found.end(), child) != found.end();
      if (!seen) found.push_back(child);
    }
  };
  add_children_of(pid);
  std::size_t next = 0;
  while (next < found.size()) add_children_of(found[next++]);
  return found;
}

// A line is "ID:CONTROLLERS:PATH", cgroups(7); the path may hold colons.
std::optional<std::string> cgroup_of(std::string_view text) {
  std::optional<std::string> unified;
  std::string longest;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto first = line.find(':');
    const auto second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view path = line.substr(second + 1);
    if (line.starts_with("0::"))
      unified = std::string(path);
    else if (path.size() > longest.size())
      longest = std::string(path);
  }
  if (unified && (*unified != "/" || longest.size() <= unified->size())) return unified;
  if (longest.empty()) return std::nullopt;
  return longest;
}

} // namespace mlockscope::procfs
