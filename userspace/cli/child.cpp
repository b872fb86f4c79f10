#include "cli/child.hpp"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mlockscope::cli {
namespace {

struct Identity {
  std::string name, home, shell;
  uid_t uid = 0;
  gid_t gid = 0;
};

util::Result<Identity> find_user(const std::string& user) {
  const passwd* entry = ::getpwnam(user.c_str());
  uid_t uid = 0;
  const char* end = user.data() + user.size();
  if (const auto [at, error] = std::from_chars(user.data(), end, uid);
      !entry && error == std::errc() && at == end)
    entry = ::getpwuid(uid);
  if (!entry) return util::Error{"there is no user '" + user + "'", "", ""};
  return Identity{entry->pw_name, entry->pw_dir, entry->pw_shell, entry->pw_uid, entry->pw_gid};
}

bool become(const Identity& who) {
  if (::initgroups(who.name.c_str(), who.gid) != 0 || ::setgid(who.gid) != 0 ||
      ::setuid(who.uid) != 0)
    return false;
  ::setenv("HOME", who.home.c_str(), 1);
  ::setenv("SHELL", who.shell.c_str(), 1);
  ::setenv("USER", who.name.c_str(), 1);
  ::setenv("LOGNAME", who.name.c_str(), 1);
  return true;
}

/// In the child: everything up to the other program. Returns only if that could not be.
int wait_and_execute(int go, const std::vector<std::string>& command,
                     const std::optional<Identity>& who, const Signals& signals) {
  char byte = 0;
  if (::read(go, &byte, 1) != 1) ::_exit(0);
  if (who && !become(*who)) return errno;
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  signals.restore();
  ::execvp(arguments[0], arguments.data());
  return errno;
}

struct Pipe {
  util::Fd read, write;
};

util::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return util::system_error("cannot make a pipe", errno);
  return Pipe{util::Fd(ends[0]), util::Fd(ends[1])};
}

} // namespace

util::Result<Child> Child::spawn(const std::vector<std::string>& command, const std::string& user,
                                 const Signals& signals) {
  std::optional<Identity> who;
  if (!user.empty()) {
    auto found = find_user(user);
    if (!found) return found.error();
    who = found.take();
  }
  auto go = make_pipe(), report = make_pipe();
  if (!go) return go.error();
  if (!report) return report.error();
  const pid_t pid = ::fork();
  if (pid < 0) return util::system_error("cannot start a process", errno);
  if (pid == 0) {
    go.value().write.reset();
    const int error = wait_and_execute(go.value().read.get(), command, who, signals);
    [[maybe_unused]] const auto sent = ::write(report.value().write.get(), &error, sizeof(error));
    ::_exit(127);
  }
  return Child(pid, std::move(go.value().write), std::move(report.value().read));
}

int Child::release() {
  const char byte = 1;
  if (::write(go_.get(), &byte, 1) != 1) return errno;
  go_.reset();
  int error = 0;
  while (::read(report_.get(), &error, sizeof(error)) < 0 && errno == EINTR) {
  }
  report_.reset();
  if (error != 0) ::waitpid(pid_, nullptr, 0);
  return error;
}

void Child::abandon() {
  go_.reset();
  ::waitpid(pid_, nullptr, 0);
}

} // namespace mlockscope::cli
