#include "report/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
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

util::Result<Writer> Writer::to_file(const std::string& path, For whom) {
  const mode_t mode = whom == For::owner ? 0600 : 0666;
  util::Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
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
    const Wait wait = wait_until_writable();
    if (wait == Wait::interrupted) break;
    if (wait == Wait::in_vain) return fail_with(ETIMEDOUT);
    // No more than a pipe that is writable takes at once, blocking or not (pipe(7)).
    const ssize_t done =
        ::write(fd_.get(), rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (done >= 0)
      rest.remove_prefix(static_cast<std::size_t>(done));
    else if (errno != EAGAIN && errno != EINTR)
      fail_with(errno);
  }
  held_.erase(0, held_.size() - rest.size());
  if (error_) held_.clear();
}

Writer::Wait Writer::wait_until_writable() const {
  pollfd files[] = {{fd_.get(), POLLOUT, 0}, {interrupt_, POLLIN, 0}};
  int ready = 0;
  do ready = ::poll(files, 2, patience_);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return Wait::in_vain;
  // Writable, or broken: then write(2) says how.
  return files[0].revents != 0 || ready < 0 ? Wait::writable : Wait::interrupted;
}

void Writer::fail_with(int error_number) {
  error_ = util::system_error("cannot write to " + name_, error_number, hint_for(error_number));
}

bool Writer::is_terminal() const { return ::isatty(fd_.get()) == 1; }

} // namespace mlockscope::report
