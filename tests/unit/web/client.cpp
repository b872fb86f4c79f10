#include "client.hpp"

#include <array>
#include <cstring>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

using mlockscope::util::Fd;

namespace {

Fd connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool fine =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return fine ? std::move(socket) : Fd();
}

Fd connect_ip(std::string host, const std::string& port) {
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found) != 0) return {};
  Fd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool fine = ::connect(socket.get(), found->ai_addr, found->ai_addrlen) == 0;
  ::freeaddrinfo(found);
  return fine ? std::move(socket) : Fd();
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

} // namespace

Client::Client(const std::string& url, TlsClient tls) {
  ready_ = connect(url);
  if (!ready_) return;
  const timeval patience{30, 0}; // a test that fails must end
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (url.rfind("https:", 0) == 0) ready_ = handshake(tls);
}

bool Client::connect(const std::string& url) {
  if (url.rfind("unix:", 0) == 0) {
    socket_ = connect_unix(url.substr(5));
  } else {
    const std::string authority = url.substr(url.find("//") + 2);
    const std::size_t colon = authority.rfind(':');
    socket_ = connect_ip(authority.substr(0, colon), authority.substr(colon + 1));
  }
  return static_cast<bool>(socket_);
}

bool Client::handshake(const TlsClient& tls) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (tls.version != 0) {
    SSL_CTX_set_security_level(context_.get(), 0); // the old ones need it
    SSL_CTX_set_min_proto_version(context_.get(), tls.version);
    SSL_CTX_set_max_proto_version(context_.get(), tls.version);
  }
  if (tls.authority) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), tls.authority->certificate());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  if (tls.identity) {
    SSL_CTX_use_certificate(context_.get(), tls.identity->certificate());
    SSL_CTX_use_PrivateKey(context_.get(), tls.identity->key());
  }
  session_.reset(SSL_new(context_.get()));
  SSL_set_fd(session_.get(), fd());
  return SSL_connect(session_.get()) == 1;
}

bool Client::send(const std::string& bytes) {
  const auto size = static_cast<int>(bytes.size());
  if (session_) return SSL_write(session_.get(), bytes.data(), size) == size;
  return ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
}

int Client::read(char* to, int size) const {
  if (session_) return SSL_read(session_.get(), to, size);
  return static_cast<int>(::recv(fd(), to, static_cast<std::size_t>(size), 0));
}

std::optional<std::string> Client::read_line() {
  std::string line;
  char c = 0;
  while (read(&c, 1) == 1) {
    line += c;
    if (c == '\n') return line.substr(0, line.size() - 2);
  }
  return std::nullopt;
}

Reply Client::receive(const std::string& method) {
  Reply reply;
  const auto first = read_line();
  if (!first || first->size() < 12) return reply;
  while (const auto line = read_line()) {
    if (line->empty()) break;
    const std::size_t colon = line->find(": ");
    reply.headers[lower(line->substr(0, colon))] = line->substr(colon + 2);
  }
  if (method != "HEAD" && reply.headers.count("content-length") != 0) {
    reply.body.resize(std::stoul(reply.headers["content-length"]));
    for (std::size_t at = 0; at < reply.body.size();) {
      const int got = read(reply.body.data() + at, static_cast<int>(reply.body.size() - at));
      if (got <= 0) return {};
      at += static_cast<std::size_t>(got);
    }
  }
  reply.status = std::stoi(first->substr(9, 3));
  return reply;
}

Reply Client::request(const std::string& method, const std::string& path,
                      const std::string& headers) {
  if (!ready_ || !send(method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n"))
    return {};
  return receive(method);
}

bool Client::closed() {
  char c = 0;
  return read(&c, 1) <= 0;
}

std::string Client::server_name() const {
  X509* certificate = session_ ? SSL_get1_peer_certificate(session_.get()) : nullptr;
  if (!certificate) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  X509_free(certificate);
  return name.data();
}
