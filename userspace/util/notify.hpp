// Tells the service manager how a service is doing: sd_notify(3), without its library.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace mlockscope::util {

/// Sends "READY=1", "STOPPING=1", "STATUS=text", or several of them with newlines between, to the
/// socket that NOTIFY_SOCKET names. Does nothing where there is none: not started as a service of
/// Type=notify. Does not wait: a manager that does not read is an error, too.
inline Status notify_service(std::string_view state) {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (!name) return success();
  const std::string_view path = name;
  const std::string what = "cannot notify the service manager at '" + std::string(path) + "'";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known = path.starts_with('/') || path.starts_with('@');
  if (!known || path.size() < 2 || path.size() >= sizeof(address.sun_path))
    return Error{what, "NOTIFY_SOCKET is neither a path nor an abstract socket that fits", ""};
  path.copy(address.sun_path, path.size());
  if (path.front() == '@') address.sun_path[0] = '\0'; // abstract, unix(7)

  // Without a NUL: it would be part of an abstract name, and the kernel adds it to a path, unix(7).
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error(what, errno);
  const ssize_t sent = ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) return system_error(what, errno);
  return success();
}

} // namespace mlockscope::util
