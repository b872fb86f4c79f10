// Processes of a test that are to have limits of their own, or to be killed.
#pragma once

#include "support/catch.hpp"
#include "util/fd.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace children {

/// What `deed` returns, in a process of its own.
template <class Deed> std::string in_child(Deed deed) {
  int ends[2]{-1, -1};
  REQUIRE(::pipe(ends) == 0);
  const mlockscope::util::Fd reader(ends[0]);
  mlockscope::util::Fd writer(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const std::string told = deed();
    (void)!::write(writer.get(), told.data(), told.size());
    ::_exit(0);
  }
  writer.reset();
  std::string told, piece(4096, '\0');
  for (ssize_t n = 0; (n = ::read(reader.get(), piece.data(), piece.size())) > 0;)
    told.append(piece, 0, static_cast<std::size_t>(n));
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return told;
}

/// Does it in a process that kills itself, or is killed after a while.
template <class Deed>
void killed(Deed deed, std::optional<std::chrono::milliseconds> after = std::nullopt) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    deed();
    ::_exit(1);
  }
  if (after) {
    std::this_thread::sleep_for(*after);
    (void)::kill(child, SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

} // namespace children
