#include "web/pem.hpp"

#include "util/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mlockscope::web {
namespace {

// A bundle of all public authorities has a quarter of this.
constexpr std::size_t pem_limit = std::size_t{1} << 20;

} // namespace

util::Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a pipe would wait for somebody who writes into it.
  const util::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return util::system_error("cannot open " + path, errno);
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0 || !S_ISREG(file.st_mode))
    return util::Error{"cannot use " + path, "it is not a regular file", "it is read many times"};
  std::string text;
  std::size_t used = 0;
  for (;;) {
    text.resize(std::min(used + std::size_t{16} * 1024, limit + 1));
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return util::system_error("cannot read " + path, errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > limit)
      return util::Error{"cannot use " + path,
                         "it has more than " + std::to_string(limit) + " bytes",
                         "give the right file"};
  }
  text.resize(used);
  return text;
}

util::Result<std::string> read_pem(const PemSource& source) {
  return source.path.empty() ? util::Result<std::string>(source.text)
                             : read_file(source.path, pem_limit);
}

} // namespace mlockscope::web
