#include "strace/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace mlockscope::strace {
namespace {

constexpr std::size_t step = std::size_t{64} * 1024;
/// What is kept of a line that is too long: enough to tell whose it is and of which call.
constexpr std::size_t head = 1024;

} // namespace

util::Status LineReader::fill() {
  if (used_ >= step) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  const std::size_t size = buffer_.size();
  buffer_.resize(size + step);
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), buffer_.data() + size, step);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return util::system_error("cannot read " + name_, error);
  ended_ = got == 0;
  return util::success();
}

void LineReader::give(Line& line, std::size_t end) {
  line_.assign(buffer_, used_, end - used_);
  if (line_.ends_with('\r')) line_.pop_back();
  line = {line_, ++number_, false, false};
  used_ = std::min(end + 1, buffer_.size());
  looked_ = 0;
}

/// Drops what there is of a line until its end has come.
util::Status LineReader::pass_over_rest() {
  while (!ended_) {
    const std::size_t end = buffer_.find('\n', used_);
    if (end != std::string::npos) {
      used_ = end + 1;
      break;
    }
    buffer_.clear();
    used_ = 0;
    if (auto filled = fill(); !filled) return filled;
  }
  return util::success();
}

util::Result<bool> LineReader::next(Line& line) {
  for (;;) {
    const std::size_t end = buffer_.find('\n', used_ + looked_);
    const std::size_t length = std::min(end, buffer_.size()) - used_;
    if (length > longest_line) {
      line_.assign(buffer_, used_, head);
      if (auto passed = pass_over_rest(); !passed) return passed.error();
      looked_ = 0;
      line = {line_, ++number_, true, false};
      return true;
    }
    if (end != std::string::npos) {
      give(line, end);
      return true;
    }
    if (ended_) {
      if (length == 0) return false;
      give(line, buffer_.size());
      line.torn = true;
      return true;
    }
    looked_ = length;
    if (auto filled = fill(); !filled) return filled.error();
  }
}

} // namespace mlockscope::strace
