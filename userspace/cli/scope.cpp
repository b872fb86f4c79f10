#include "cli/scope.hpp"

#include <linux/magic.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace mlockscope::cli {
namespace {

util::Result<std::vector<capture::Glob>> globs_of(const std::vector<std::string>& patterns) {
  std::vector<capture::Glob> globs;
  if (patterns.size() > capture::max_globs)
    return util::Error{"too many name patterns", "at most " + std::to_string(capture::max_globs),
                       ""};
  for (const auto& pattern : patterns) {
    const auto glob = capture::compile_glob(pattern);
    if (!glob)
      return util::Error{"'" + pattern + "' is not a name pattern",
                         "use up to " + std::to_string(capture::max_glob_items) +
                             " characters with * ? and [a-z]",
                         ""};
    globs.push_back(*glob);
  }
  return globs;
}

util::Result<std::uint32_t> uid_of(const std::string& user) {
  std::uint32_t uid = 0;
  const char* end = user.data() + user.size();
  if (const auto [at, error] = std::from_chars(user.data(), end, uid);
      error == std::errc() && at == end)
    return uid;
  const passwd* entry = ::getpwnam(user.c_str());
  if (!entry) return util::Error{"there is no user '" + user + "'", "", "give a name or a number"};
  return entry->pw_uid;
}

/// Where cgroup v2 is mounted; empty if it is not.
std::string cgroup2_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device, place, type;
    if (fields >> device >> place >> type && type == "cgroup2") return place;
  }
  return {};
}

bool is_cgroup2(const std::string& path) {
  struct statfs fs {};
  return ::statfs(path.c_str(), &fs) == 0 &&
         static_cast<unsigned long>(fs.f_type) == CGROUP2_SUPER_MAGIC;
}

/// A path as such, or below the mount point as /proc/PID/cgroup has it.
util::Result<std::uint64_t> cgroup_id_of(const std::string& path) {
  for (const std::string& place : {path, cgroup2_mount() + "/" + path}) {
    struct stat found {};
    // kernfs gives a cgroup's folder the cgroup's id as inode number (fs/kernfs/inode.c)
    if (is_cgroup2(place) && ::stat(place.c_str(), &found) == 0) return found.st_ino;
  }
  return util::Error{"'" + path + "' is not a cgroup", "",
                     "give a folder of the cgroup v2 file system"};
}

template <class From, class To>
util::Status convert(const std::vector<From>& from, std::vector<To>& to,
                     util::Result<To> (*one)(const From&)) {
  for (const From& item : from) {
    auto result = one(item);
    if (!result) return result.error();
    to.push_back(result.take());
  }
  return util::success();
}

} // namespace

util::Result<capture::Filters> filters_of(const ProcessOptions& options) {
  capture::Filters filters;
  filters.pids = options.pids;
  filters.not_pids = options.not_pids;
  filters.follow = options.follow;
  auto comms = globs_of(options.comms), not_comms = globs_of(options.not_comms);
  if (!comms) return comms.error();
  if (!not_comms) return not_comms.error();
  filters.comms = comms.take();
  filters.not_comms = not_comms.take();
  if (auto done = convert(options.uids, filters.uids, uid_of); !done) return done.error();
  if (auto done = convert(options.cgroups, filters.cgroups, cgroup_id_of); !done)
    return done.error();
  return filters;
}

} // namespace mlockscope::cli
