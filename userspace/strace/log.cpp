#include "strace/log.hpp"

#include "strace/values.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>

namespace mlockscope::strace {
namespace {

/// By then a program that was traced from its beginning has mapped its libraries.
constexpr std::uint64_t first_lines = 500;

/// strace -ff -o NAME writes NAME.PID for each process.
std::optional<std::uint32_t> pid_in_name(std::string_view path) {
  const auto dot = path.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  path.remove_prefix(dot + 1);
  std::uint32_t pid = 0;
  const auto [stop, error] = std::from_chars(path.data(), path.data() + path.size(), pid);
  const bool whole = error == std::errc() && stop == path.data() + path.size();
  return whole && pid != 0 && pid <= 4u << 20 ? std::optional(pid) : std::nullopt;
}

} // namespace

util::Result<std::unique_ptr<Log>> Log::open(const std::string& path, model::PageSize page,
                                             model::Time fork_grace) {
  const bool is_input = path == "-";
  const std::string name = is_input ? "standard input" : path;
  util::Fd fd(is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                       : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return util::system_error("cannot open " + name, errno);
  const auto pid = is_input ? std::nullopt : pid_in_name(path);
  std::unique_ptr<Log> log(new Log(std::move(fd), name, {page, fork_grace, pid}));
  if (auto read = log->look_at_beginning(); !read) return read.error();
  return log;
}

Log::Log(util::Fd fd, std::string name, const Follower::Settings& settings)
    : name_(std::move(name)), lines_(std::move(fd), name_), follower_(lines_, settings) {
  origin_.backend = "strace";
  origin_.page_size = settings.page.bytes();
  origin_.fork_grace = settings.fork_grace;
}

util::Status Log::look_at_beginning() {
  while (!ended_ && !follower_.maps_seen() && lines_.lines() < first_lines)
    if (auto read = read_line(); !read) return read;
  origin_.all_mappings = follower_.maps_seen();
  origin_.began = follower_.began();
  return util::success();
}

util::Status Log::read_line() {
  Line line;
  auto more = lines_.next(line);
  if (!more) return more.error();
  if (more.value()) return follower_.take(line), util::success();
  ended_ = true;
  if (follower_.calls() == 0)
    return util::Error{name_ + " has no call of mlock, mmap, fork or execve that can be read",
                       "it is no log of strace, or one of other calls",
                       "strace -f -ttt -o FILE -e trace=%memory,%process,shmget,prctl COMMAND"};
  follower_.finish();
  return util::success();
}

util::Result<const recording::Entry*> Log::next() {
  while (follower_.entries.empty()) {
    if (ended_) return nullptr;
    if (auto read = read_line(); !read) {
      ended_ = true;
      return read.error();
    }
  }
  current_ = std::move(follower_.entries.front());
  follower_.entries.pop_front();
  return &current_;
}

} // namespace mlockscope::strace
