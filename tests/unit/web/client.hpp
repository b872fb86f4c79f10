// A client of which a test controls every byte.
#pragma once

#include "certificates.hpp"
#include "util/fd.hpp"

#include <map>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <string>

struct Reply {
  int status = 0; ///< 0: no answer came
  std::map<std::string, std::string> headers;
  std::string body;
};

struct TlsClient {
  const Identity* authority = nullptr; ///< who the server must be signed by
  const Identity* identity = nullptr;  ///< what the client shows, if anything
  int version = 0;                     ///< TLS1_2_VERSION, ...; 0: any
};

class Client {
public:
  /// Connects to one of Server::urls(); TLS as the client wants it for https.
  explicit Client(const std::string& url, TlsClient tls = {});

  /// Connected and, by TLS, the handshake finished on this side.
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  bool send(const std::string& bytes);
  /// Reads one answer; of HEAD, only its headers.
  Reply receive(const std::string& method = "GET");
  /// Sends a request and reads the answer; `headers` are whole lines.
  Reply request(const std::string& method, const std::string& path,
                const std::string& headers = "");
  Reply get(const std::string& path, const std::string& headers = "") {
    return request("GET", path, headers);
  }
  /// Whether the server has closed the connection: waits until it has, or sends something.
  bool closed();
  /// The name in the certificate that the server showed.
  [[nodiscard]] std::string server_name() const;
  [[nodiscard]] SSL* session() const { return session_.get(); }

private:
  bool connect(const std::string& url);
  bool handshake(const TlsClient& tls);
  [[nodiscard]] int read(char* to, int size) const;
  std::optional<std::string> read_line();

  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  mlockscope::util::Fd socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_;
  bool ready_ = false;
};
