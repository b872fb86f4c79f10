#include "web/listener.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace mlockscope::web {
namespace {

constexpr int backlog = 64;
constexpr int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;

using AddressInfo = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

util::Error cannot_listen(const Address& address, int number) {
  const char* hint = "";
  if (number == EADDRINUSE) hint = "another program listens there, choose another address";
  if (number == EADDRNOTAVAIL) hint = "no interface of this machine has this address";
  if (number == EACCES) hint = "choose a port above 1023 or a folder you may write to";
  if (number == EEXIST) hint = "it is no socket: remove it or choose another path";
  if (number == ENOENT) hint = "create the folder first";
  if (number == EAFNOSUPPORT) hint = "this machine has no such address family";
  return util::system_error("cannot listen on " + to_string(address), number, hint);
}

util::Result<AddressInfo> resolve(const IpAddress& address) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found);
  if (error != 0)
    return util::Error{"cannot listen on " + to_string(address), ::gai_strerror(error),
                       "give an address instead of a name"};
  return AddressInfo(found, &::freeaddrinfo);
}

/// IPv4 if a name has both, as Go programs choose.
const addrinfo& preferred(const addrinfo* list) {
  for (const addrinfo* each = list; each; each = each->ai_next)
    if (each->ai_family == AF_INET) return *each;
  return *list;
}

/// The bound socket; errno if there is none.
util::Fd bind_ip(int family, const sockaddr* address, socklen_t length) {
  util::Fd socket(::socket(family, SOCK_STREAM | flags, 0));
  if (!socket) return {};
  const int on = 1;
  const int off = 0;
  // Connections of an earlier run that linger in TIME_WAIT must not keep the port.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // The wildcard takes IPv4 too, whatever net.ipv6.bindv6only says.
  if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.get(), address, length) == 0 && ::listen(socket.get(), backlog) == 0)
    return socket;
  const int error = errno;
  socket.reset();
  errno = error;
  return {};
}

util::Fd bind_wildcard(std::uint16_t port) {
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  six.sin6_addr = in6addr_any;
  util::Fd both = bind_ip(AF_INET6, reinterpret_cast<const sockaddr*>(&six), sizeof six);
  if (both || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)) return both;
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  return bind_ip(AF_INET, reinterpret_cast<const sockaddr*>(&four), sizeof four);
}

/// What was asked for, with the port and the wildcard that the socket got.
IpAddress bound_address(int fd, const IpAddress& asked) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return asked;
  const char* wildcard = address.ss_family == AF_INET6 ? "::" : "0.0.0.0";
  // Both families have the port at the same place.
  const in_port_t port = reinterpret_cast<const sockaddr_in&>(address).sin_port;
  return {asked.host.empty() ? wildcard : asked.host, ntohs(port)};
}

sockaddr_un socket_file(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Takes the file of a server that has died out of the way.
/// 0, or the errno that says why the place is not free.
int clear_stale(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK(file.st_mode)) return EEXIST;
  const util::Fd probe(::socket(AF_UNIX, SOCK_STREAM | flags, 0));
  const sockaddr_un address = socket_file(path);
  const int answer =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (answer == 0 || errno != ECONNREFUSED)
    return answer == 0 || errno == EAGAIN ? EADDRINUSE : errno;
  return ::unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

} // namespace

Listener::Listener(util::Fd socket, Address bound)
    : socket_(std::move(socket)), bound_(std::move(bound)) {}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)), bound_(std::move(other.bound_)), device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

Listener::~Listener() {
  const auto* local = std::get_if<UnixAddress>(&bound_);
  if (!local || inode_ == 0) return;
  struct stat file {};
  if (::lstat(local->path.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_)
    ::unlink(local->path.c_str());
}

util::Result<Listener> Listener::open(const Address& address) {
  if (const auto* local = std::get_if<UnixAddress>(&address)) return open_unix(*local);
  return open_ip(std::get<IpAddress>(address));
}

util::Result<Listener> Listener::open_ip(const IpAddress& address) {
  util::Fd socket;
  if (address.host.empty()) {
    socket = bind_wildcard(address.port);
  } else {
    auto found = resolve(address);
    if (!found) return found.error();
    const addrinfo& chosen = preferred(found.value().get());
    socket = bind_ip(chosen.ai_family, chosen.ai_addr, chosen.ai_addrlen);
  }
  if (!socket) return cannot_listen(address, errno);
  IpAddress bound = bound_address(socket.get(), address);
  return Listener(std::move(socket), std::move(bound));
}

util::Result<Listener> Listener::open_unix(const UnixAddress& address) {
  if (const int error = clear_stale(address.path)) return cannot_listen(address, error);
  util::Fd socket(::socket(AF_UNIX, SOCK_STREAM | flags, 0));
  const sockaddr_un name = socket_file(address.path);
  // The kernel gives the file the mode of the socket (unix_bind in net/unix/af_unix.c), less the
  // umask: at no time may more people connect than in the end, which chmod sets.
  if (!socket || ::fchmod(socket.get(), 0660) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return cannot_listen(address, errno);
  Listener listener(std::move(socket), address);
  struct stat file {};
  if (::lstat(address.path.c_str(), &file) != 0) return cannot_listen(address, errno);
  listener.device_ = file.st_dev;
  listener.inode_ = file.st_ino;
  if (::chmod(address.path.c_str(), 0660) != 0 || ::listen(listener.fd(), backlog) != 0)
    return cannot_listen(address, errno);
  return listener;
}

util::Fd Listener::accept() const { return util::Fd(::accept4(fd(), nullptr, nullptr, flags)); }

std::string Listener::url(bool tls) const {
  if (std::holds_alternative<UnixAddress>(bound_)) return to_string(bound_);
  return (tls ? "https://" : "http://") + to_string(bound_);
}

} // namespace mlockscope::web
