#include "demo/demo.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/wait.h>
#include <unistd.h>

namespace mlockscope::demo {
namespace {

/// For printf's "%.*s".
int width(std::string_view text) { return static_cast<int>(text.size()); }

/// In a process of its own: mlockall, limits and claims of one case must not reach the next.
int run_apart(const Case& one) {
  const pid_t child = ::fork();
  if (child < 0) {
    std::fprintf(stderr, "demo: fork: %s\n", std::strerror(errno));
    return 1;
  }
  if (child == 0) ::_exit(run_case(one));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

} // namespace

int run_case(const Case& one) {
  std::fprintf(stderr, "demo %.*s: %.*s\n", width(one.name), one.name.data(), width(one.about),
               one.about.data());
  try {
    return one.act();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo %.*s: could not be done: %s\n", width(one.name), one.name.data(),
                 error.what());
    return 1;
  }
}

int run_all() {
  int result = 0;
  for (const Case& one : cases()) {
    const int status = run_apart(one);
    if (status != 0 && status != skipped) result = 1;
  }
  return result;
}

void print_list(std::FILE* out) {
  std::fprintf(out, "%-16s %-14s %s\n", "CASE", "FINDINGS", "WHAT IT DOES");
  for (const Case& one : cases()) {
    std::fprintf(out, "%-16.*s %-14.*s %.*s\n", width(one.name), one.name.data(),
                 width(one.expects), one.expects.data(), width(one.about), one.about.data());
  }
}

} // namespace mlockscope::demo
