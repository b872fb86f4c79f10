#include "symbols/safe_open.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mlockscope::symbols {
namespace {

std::optional<Opened> read_regular(const util::Fd& path) {
  struct stat status {};
  if (!path || ::fstat(path.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > most_file)
    return std::nullopt;
  const std::string self = "/proc/self/fd/" + std::to_string(path.get());
  util::Fd fd(::open(self.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  return Opened{std::move(fd), status.st_dev, status.st_ino, status.st_uid};
}

} // namespace

std::optional<Opened> open_in_proc(int folder, const std::string& name) {
  return read_regular(util::Fd(::openat(folder, name.c_str(), O_PATH | O_CLOEXEC)));
}

std::optional<Opened> open_inside(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
  return read_regular(util::Fd(static_cast<int>(fd)));
}

util::Fd root_of(int process) {
  return util::Fd(::openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

} // namespace mlockscope::symbols
