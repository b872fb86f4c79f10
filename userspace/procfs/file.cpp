#include "procfs/file.hpp"

#include "util/fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace mlockscope::procfs {
namespace {

util::Error read_error(const std::string& operation, const std::string& path, int number) {
  const bool gone = number == ENOENT || number == ESRCH;
  const bool denied = number == EACCES || number == EPERM;
  return util::system_error(operation + " " + path, number,
                            gone     ? "the process may have ended"
                            : denied ? "reading other processes needs CAP_SYS_PTRACE"
                                     : "");
}

} // namespace

std::string path_of(const std::string& root, std::uint32_t pid, const char* name) {
  return root + "/" + std::to_string(pid) + "/" + name;
}

util::Result<std::string> read_text(const std::string& path, std::size_t enough) {
  const util::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return read_error("cannot open", path, errno);

  std::string text;
  std::size_t used = 0;
  while (used < enough) {
    // seq_file hands out a page or so at a time, so the step only bounds the copying.
    text.resize(used + std::size_t{64} * 1024);
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return read_error("cannot read", path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

} // namespace mlockscope::procfs
