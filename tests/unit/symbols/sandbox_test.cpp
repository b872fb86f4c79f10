#include "symbols/sandbox.hpp"

#include "support/catch.hpp"
#include "util/fd.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlockscope;

namespace {

// What `attempt` gives in the sandbox, which it is told the kept descriptor of: 0 to 100.
int in_sandbox(const std::function<int(int)>& attempt) {
  util::Fd kept(::open("/etc/hostname", O_RDONLY | O_CLOEXEC));
  if (!kept) kept = util::Fd(::open("/proc/version", O_RDONLY | O_CLOEXEC));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto status = symbols::enter_sandbox(kept.get(), {std::uint64_t{1} << 30, false});
    ::_exit(status.ok() ? attempt(kept.get()) : 101);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// 0 if the call succeeded, or its errno.
int error_of(long result) { return result >= 0 ? 0 : errno; }

} // namespace

TEST_CASE("the sandbox opens nothing but what is open") {
  CHECK(in_sandbox([](int) { return error_of(::open("/etc/passwd", O_RDONLY)); }) == EACCES);
  CHECK(in_sandbox([](int) { return error_of(::open("/proc/self/fd/../maps", O_RDONLY)); }) ==
        EACCES);
  CHECK(in_sandbox([](int) { return error_of(::open("/proc/self/fd/999", O_RDONLY)); }) == EBADF);
  CHECK(in_sandbox([](int) { return error_of(::open("/tmp/new", O_CREAT | O_RDWR, 0600)); }) ==
        EACCES);
  CHECK(in_sandbox([](int) {
          struct stat status {};
          return error_of(::stat("/etc/passwd", &status));
        }) == EACCES);
  CHECK(in_sandbox([](int kept) {
          const std::string path = "/proc/self/fd/" + std::to_string(kept);
          const int again = ::open(path.c_str(), O_RDONLY);
          char byte = 0;
          struct stat status {};
          const bool works = again >= 0 && again != kept && ::read(again, &byte, 1) == 1 &&
                             ::fstat(again, &status) == 0 && S_ISREG(status.st_mode);
          return works ? 0 : 1;
        }) == 0);
}

TEST_CASE("the sandbox makes no process, no socket, no code, and signals nobody") {
  CHECK(in_sandbox([](int) { return error_of(::fork()); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::socket(AF_INET, SOCK_STREAM, 0)); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::kill(::getpid(), 0)); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::execl("/bin/true", "true", nullptr)); }) == EPERM);
  CHECK(in_sandbox([](int) { return error_of(::unlink("/tmp/none")); }) == EPERM);
  CHECK(in_sandbox([](int) {
          void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return page == MAP_FAILED ? errno : 0;
        }) == EPERM);
  CHECK(in_sandbox([](int) {
          void* const page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return page == MAP_FAILED ? errno : 0;
        }) == 0);
}

TEST_CASE("the sandbox has no more memory than it was given, and no other descriptors") {
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(in_sandbox([](int) {
          void* const much =
              ::mmap(nullptr, std::size_t{2} << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          return much == MAP_FAILED ? errno : 0;
        }) == ENOMEM);
#endif
  const util::Fd open(::open("/etc/passwd", O_RDONLY)); // not CLOEXEC: inherited by the child
  const int number = open.get();
  CHECK(in_sandbox([number](int) {
          char byte = 0;
          return error_of(::read(number, &byte, 1));
        }) == EBADF);
}

TEST_CASE("the sandbox has neither root's identity nor capabilities") {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto status = symbols::enter_sandbox(ready[1], {std::uint64_t{1} << 30, false});
    const char byte = status.ok() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    for (;;) ::syscall(SYS_sched_yield);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(byte == 'y');
  std::ifstream file("/proc/" + std::to_string(child) + "/status");
  const std::string status(std::istreambuf_iterator<char>(file), {});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  CHECK(status.find("\nUid:\t0\t") == std::string::npos);
  CHECK(status.find("\nCapPrm:\t0000000000000000\n") != std::string::npos);
  CHECK(status.find("\nCapEff:\t0000000000000000\n") != std::string::npos);
  CHECK(status.find("\nCapAmb:\t0000000000000000\n") != std::string::npos);
  CHECK(status.find("\nNoNewPrivs:\t1\n") != std::string::npos);
  CHECK(status.find("\nSeccomp:\t2\n") != std::string::npos);
}
