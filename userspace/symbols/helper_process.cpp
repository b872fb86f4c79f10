#include "symbols/helper_process.hpp"

#include "symbols/helper.hpp"
#include "symbols/messages.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mlockscope::symbols {
namespace {

// How long the helper may leave a message unread before it is taken for hung.
constexpr timeval patience{2, 0};

} // namespace

HelperProcess::HelperProcess(Settings settings) : settings_(settings) {
  void* const page =
      ::mmap(nullptr, sizeof(Word), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::bad_alloc();
  at_work_ = new (page) Word(0);
}

HelperProcess::~HelperProcess() {
  kill();
  ::munmap(at_work_, sizeof(Word));
}

bool HelperProcess::start() {
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  util::Fd ours(ends[0]);
  util::Fd theirs(ends[1]);
  ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  *at_work_ = 0;
  const pid_t pid = ::fork();
  if (pid < 0) return false;
  if (pid == 0) {
    const util::Status status = enter_sandbox(theirs.get(), settings_.sandbox);
    if (!status.ok()) ::_exit(1);
    run_helper(theirs.get(), *at_work_, settings_.cache_memory, settings_.perf_maps);
  }
  pid_ = pid;
  channel_ = std::make_unique<Channel>(std::move(ours), most_message);
  return true;
}

void HelperProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  channel_.reset();
}

bool HelperProcess::send(std::string_view message, int passed) {
  return send_blocking(channel_->fd(), message, passed);
}

} // namespace mlockscope::symbols
