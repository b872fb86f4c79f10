// A bound and listening socket.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"
#include "web/address.hpp"

#include <string>
#include <sys/types.h>

namespace mlockscope::web {

/// Owns the socket and, for a Unix socket, its file, which goes with it. Close-on-exec and
/// non-blocking, as is every connection accepted from it.
class Listener {
public:
  /// Without a host, one socket takes IPv4 and IPv6 where the machine has both; so does "[::]".
  /// A Unix socket has mode 0660; the file of a dead one is replaced. The error is the machine's
  /// state: the port is in use, the address is not ours, not permitted.
  static util::Result<Listener> open(const Address&);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  [[nodiscard]] int fd() const { return socket_.get(); }
  /// The next waiting connection; none: errno says why.
  [[nodiscard]] util::Fd accept() const;
  /// "http://127.0.0.1:9778" with the port that was bound, or "unix:/path".
  [[nodiscard]] std::string url(bool tls) const;

private:
  Listener(util::Fd socket, Address bound);
  static util::Result<Listener> open_ip(const IpAddress&);
  static util::Result<Listener> open_unix(const UnixAddress&);

  util::Fd socket_;
  Address bound_;
  // Which file is ours: another server may have replaced it.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace mlockscope::web
