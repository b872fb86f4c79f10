#include "report/writer.hpp"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace mlockscope::report {
namespace {

constexpr std::size_t many = std::size_t{64} * 1024;

const char* hint_for(int error_number) {
  if (error_number == EPIPE) return "the reader of the output has gone";
  if (error_number == ENOSPC || error_number == EDQUOT) return "free some space, or use --output";
  return "";
}

} // namespace

util::Result<Writer> Writer::to_file(const std::string& path) {
  util::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return util::system_error("cannot open " + path, errno);
  return Writer(std::move(fd), path);
}

util::Result<Writer> Writer::to_descriptor(int fd, std::string name) {
  util::Fd own(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!own) return util::system_error("cannot write to " + name, errno);
  return Writer(std::move(own), std::move(name));
}

void Writer::write(std::string_view lines) {
  if (error_) return;
  held_ += lines;
  if (held_.size() >= many) flush();
}

void Writer::flush() {
  std::string_view rest = held_;
  while (!rest.empty() && !error_) {
    const ssize_t done = ::write(fd_.get(), rest.data(), rest.size());
    if (done >= 0)
      rest.remove_prefix(static_cast<std::size_t>(done));
    else if (errno == EAGAIN && wait_until_writable())
      continue;
    else if (errno != EINTR)
      fail(errno);
  }
  held_.clear();
}

// Standard output may be a pipe that somebody else made non-blocking. A sink that dropped lines
// then would lie, so this waits as a blocking pipe would.
bool Writer::wait_until_writable() const {
  pollfd wait{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  const int ready = ::poll(&wait, 1, -1);
  return ready > 0 || errno == EINTR;
}

void Writer::fail(int error_number) {
  error_ = util::system_error("cannot write to " + name_, error_number, hint_for(error_number));
}

bool Writer::is_terminal() const { return ::isatty(fd_.get()) == 1; }

} // namespace mlockscope::report
