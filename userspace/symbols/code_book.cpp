#include "symbols/code_book.hpp"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef OVERLAYFS_SUPER_MAGIC
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#endif
#ifndef BTRFS_SUPER_MAGIC
#define BTRFS_SUPER_MAGIC 0x9123683E
#endif

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_versions = 8; // of one space
constexpr std::string_view deleted = " (deleted)";

// Whether it is the mapped file. On btrfs and overlayfs, maps has another device than fstat(2):
// show_map_vma() takes the superblock's, their getattr has one of a subvolume or layer.
bool same_file(const Opened& opened, const model::CodeMapping& mapping) {
  if (opened.inode != mapping.inode) return false;
  if (opened.device == mapping.device) return true;
  struct statfs where {};
  if (::fstatfs(opened.fd.get(), &where) != 0) return false;
  const auto type = static_cast<std::uint32_t>(where.f_type);
  return type == OVERLAYFS_SUPER_MAGIC || type == BTRFS_SUPER_MAGIC;
}

std::string read_small(int folder, const char* name) {
  const util::Fd fd(::openat(folder, name, O_RDONLY | O_CLOEXEC));
  std::string text(4096, '\0');
  const ssize_t got = fd ? ::read(fd.get(), text.data(), text.size()) : 0;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

// The numbers of the line that starts with `key`, proc_pid_status(5).
std::vector<std::uint32_t> numbers_of(std::string_view status, std::string_view key) {
  const std::size_t line = status.find(key);
  if (line == std::string_view::npos) return {};
  std::string_view rest = status.substr(line + key.size());
  rest = rest.substr(0, rest.find('\n'));
  std::vector<std::uint32_t> numbers;
  while (!rest.empty()) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error == std::errc{}) numbers.push_back(number);
    const auto used = static_cast<std::size_t>(end - rest.data());
    rest.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return numbers;
}

} // namespace

std::optional<Inside> parse_status(std::string_view status) {
  const auto pids = numbers_of(status, "\nNSpid:");
  const auto users = numbers_of(status, "\nUid:");
  if (pids.empty() || users.size() < 2) return std::nullopt;
  return Inside{pids.back(), users[1]}; // real, effective, saved, of the file system
}

std::string path_to_open(std::string_view as_in_maps) {
  if (as_in_maps.ends_with(deleted)) as_in_maps.remove_suffix(deleted.size());
  std::string path(as_in_maps);
  for (std::size_t at = path.find("\\012"); at != std::string::npos;
       at = path.find("\\012", at + 1))
    path.replace(at, 4, "\n");
  return path;
}

FilePtr CodeBook::open(const Space& space, const model::CodeMapping& mapping) {
  if (mapping.inode == 0) return nullptr;
  if (FilePtr file = files_.find({mapping.device, mapping.inode})) return file;
  const auto take = [&](std::optional<Opened> opened) -> FilePtr {
    if (!opened || !same_file(*opened, mapping)) return nullptr;
    return files_.keep(std::move(*opened));
  };
  // Needs CAP_CHECKPOINT_RESTORE, proc_map_files_get_link(); finds what is deleted, too.
  const std::string range =
      fmt::format("map_files/{:x}-{:x}", mapping.pages.start, mapping.pages.end);
  if (FilePtr file = take(open_in_proc(space.process.get(), range))) return file;
  if (const util::Fd root = root_of(space.process.get()))
    if (FilePtr file = take(open_inside(root.get(), path_to_open(mapping.path)))) return file;
  if (FilePtr file = take(open_in_proc(space.process.get(), "exe"))) return file;
  // The process is gone. Its root is not kept open for this: that would keep the file systems of
  // containers mounted that are gone, too. Most programs had the root that this process has.
  return take(open_inside(own_root(), path_to_open(mapping.path)));
}

int CodeBook::own_root() {
  if (!own_root_) own_root_ = util::Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return own_root_.get();
}

void CodeBook::look_inside(Space& space) const {
  struct stat ours {
  }, its{};
  const util::Fd root = root_of(space.process.get());
  space.inside = parse_status(read_small(space.process.get(), "status"));
  space.own_root = root && ::fstat(root.get(), &its) == 0 && ::stat("/", &ours) == 0 &&
                   its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
}

void CodeBook::make_room(model::SpaceId space) {
  if (spaces_.size() < most_ || spaces_.contains(space)) return;
  const auto oldest =
      std::min_element(spaces_.begin(), spaces_.end(), [](const auto& a, const auto& b) {
        return a.second->described < b.second->described;
      });
  if (oldest != spaces_.end()) forget(oldest->first);
}

void CodeBook::describe(CodeKey key, std::uint32_t pid, std::vector<model::CodeMapping> mappings) {
  make_room(key.space);
  std::shared_ptr<Space>& space = spaces_[key.space];
  if (!space) space = std::make_shared<Space>();
  const std::string folder = "/proc/" + std::to_string(pid);
  // After an exec the space is another, so this is the process of the first description.
  if (!space->process) {
    space->process = util::Fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    look_inside(*space);
  }

  Code code{++last_number_, space, {}};
  space->described = code.number;
  for (model::CodeMapping& each : mappings) {
    FilePtr file = open(*space, each);
    code.mappings.push_back({std::move(each), std::move(file)});
  }
  codes_[key] = std::make_shared<const Code>(std::move(code));

  const auto first = codes_.lower_bound({key.space, 0});
  const auto last = codes_.upper_bound({key.space, UINT32_MAX});
  if (static_cast<std::size_t>(std::distance(first, last)) > most_versions) codes_.erase(first);
}

void CodeBook::forget(model::SpaceId space) {
  codes_.erase(codes_.lower_bound({space, 0}), codes_.upper_bound({space, UINT32_MAX}));
  spaces_.erase(space);
}

CodeBook::CodePtr CodeBook::find(CodeKey key) const {
  // A version that is forgotten is part of the later ones, but for what was unmapped since.
  const auto at = codes_.lower_bound(key);
  return at == codes_.end() || at->first.space != key.space ? nullptr : at->second;
}

FilePtr CodeBook::perf_map(Space& space) {
  auto inside = parse_status(read_small(space.process.get(), "status"));
  util::Fd root = root_of(space.process.get());
  if (!inside || !root) inside = space.own_root ? space.inside : std::nullopt;
  if (!inside) return space.perf_map;
  const int from = root ? root.get() : own_root();
  auto opened = open_inside(from, fmt::format("/tmp/perf-{}.map", inside->pid));
  // /tmp is everybody's: another user's file would lend the process names of his choice.
  if (!opened || (opened->owner != inside->user && opened->owner != 0)) return space.perf_map;
  space.perf_map = files_.keep(std::move(*opened));
  return space.perf_map;
}

} // namespace mlockscope::symbols
