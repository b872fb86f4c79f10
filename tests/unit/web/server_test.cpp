#include "web/server.hpp"

#include "server_fixture.hpp"
#include "support/temp_folder.hpp"

#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <zlib.h>

using namespace mlockscope::web;

namespace {

bool has_ipv6() {
  const mlockscope::util::Fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string gunzip(const std::string& packed) {
  std::string text(metrics_text.size() + 1000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 16 + MAX_WBITS);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int result = inflate(&stream, Z_FINISH);
  text.resize(result == Z_STREAM_END ? stream.total_out : 0);
  inflateEnd(&stream);
  return text;
}

const char* alice = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==\r\n"; // "correct horse"
const std::string users_alice =
    "basic_auth_users:\n  alice: $2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n";

} // namespace

TEST_CASE("a page is served with its type, length and status") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  const Reply reply = client.get("/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.body == metrics_text);
  CHECK(reply.headers.at("content-type") == metrics_type);
  CHECK(reply.headers.at("x-content-type-options") == "nosniff");
  CHECK(reply.headers.count("content-encoding") == 0);
  CHECK(client.get("/metrics?x=1").status == 200);
  CHECK(client.get("/ready").status == 503);
  CHECK(client.get("/ready").body == "not yet\n");
}

TEST_CASE("a connection serves one request after the other, also when they come at once") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  for (int i = 0; i < 20; ++i) REQUIRE(client.get("/metrics").status == 200);
  REQUIRE(client.send("GET /ready HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"));
  CHECK(client.receive().status == 503);
  CHECK(client.receive().status == 200);
}

TEST_CASE("HEAD has the length that GET has, and no body") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  const Reply reply = client.request("HEAD", "/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.headers.at("content-length") == std::to_string(metrics_text.size()));
  CHECK(client.get("/ready").status == 503); // a body would have been in the way
}

TEST_CASE("what is not there, and what may not be done, is said") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  const Reply missing = client.get("/nope");
  CHECK(missing.status == 404);
  CHECK(missing.body == "Not found\n");
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "FOO",
                             "PROPFIND", "get", "M-SEARCH"}) {
    Client other(server->urls()[0]);
    const Reply reply = other.request(method, "/metrics");
    CHECK(reply.status == 405);
    CHECK(reply.headers.at("allow") == "GET, HEAD");
    CHECK(reply.body == "Method not allowed\n");
    CHECK(other.closed());
  }
  const Reply broken = client.get("/throws");
  CHECK(broken.status == 500);
  CHECK(broken.body == "Internal error\n");
}

TEST_CASE("a body is not taken for the next request") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  REQUIRE(client.send("POST /metrics HTTP/1.1\r\nContent-Length: 26\r\n\r\n"
                      "GET /metrics HTTP/1.1\r\n\r\n..."));
  CHECK(client.receive().status == 405);
  CHECK(client.closed());
}

TEST_CASE("an answer is compressed for those who can take it") {
  const auto server = serve({"127.0.0.1:0"});
  Client client(server->urls()[0]);
  for (const char* accept : {"gzip", "gzip;q=0.5", "br, gzip", "deflate,gzip;q=1.0"}) {
    const Reply reply = client.get("/metrics", "Accept-Encoding: " + std::string(accept) + "\r\n");
    CHECK(reply.headers.at("content-encoding") == "gzip");
    CHECK(reply.body.size() < metrics_text.size() / 10);
    CHECK(gunzip(reply.body) == metrics_text);
  }
  for (const char* accept : {"br", "identity", "gzip;q=0", "gzip; q=0.00", "xgzip"}) {
    const Reply reply = client.get("/metrics", "Accept-Encoding: " + std::string(accept) + "\r\n");
    CHECK(reply.headers.count("content-encoding") == 0);
    CHECK(reply.body == metrics_text);
  }
}

TEST_CASE("requests that make no sense end the connection and nothing else") {
  const auto server = serve({"127.0.0.1:0"});
  const std::string long_header = "X: " + std::string(20000, 'x') + "\r\n";
  std::string many_headers;
  for (int i = 0; i < 5000; ++i) many_headers += "A: b\r\n";
  const std::string commas = "Range: bytes=" + [] {
    std::string list;
    while (list.size() < 8000) list += "1-2,";
    return list + "3-4";
  }() + "\r\n";
  for (const std::string& request :
       {std::string("hello\r\n\r\n"), std::string("GET /metrics HTTP/9\r\n\r\n"),
        std::string("\r\n\r\n"),
        std::string("GET " + std::string(30000, '/') + " HTTP/1.1\r\n\r\n"),
        "GET /metrics HTTP/1.1\r\n" + long_header + "\r\n",
        "GET /metrics HTTP/1.1\r\n" + many_headers + "\r\n",
        std::string("GET /metrics HTTP/1.1\r\nRange: bytes=zz\r\n\r\n"),
        std::string(64, '\0') + "\r\n\r\n"}) {
    Client client(server->urls()[0]);
    client.send(request);
    const Reply reply = client.receive();
    CHECK((reply.status == 400 || reply.status == 414 || reply.status == 416));
    CHECK(reply.body == "Bad request\n");
    CHECK(client.closed());
  }
  Client client(server->urls()[0]);
  CHECK(client.get("/metrics", commas).status == 200);
  CHECK(client.get("/metrics", "Range: bytes=0-3\r\n").body == metrics_text);
}

TEST_CASE("IPv6 is served") {
  if (!has_ipv6()) return;
  const auto server = serve({"[::1]:0"});
  CHECK(server->urls()[0].rfind("http://[::1]:", 0) == 0);
  CHECK(Client(server->urls()[0]).get("/metrics").status == 200);
}

TEST_CASE("no host: IPv4 and IPv6 by one port") {
  const auto server = serve({":0"});
  const std::string url = server->urls()[0];
  const std::string port = url.substr(url.rfind(':'));
  CHECK(Client("http://127.0.0.1" + port).get("/metrics").status == 200);
  if (has_ipv6()) CHECK(Client("http://[::1]" + port).get("/metrics").status == 200);
}

TEST_CASE("all addresses of a server answer") {
  const TempFolder folder;
  const auto server = serve({"127.0.0.1:0", "localhost:0", "unix:" + folder.path("s")});
  REQUIRE(server->urls().size() == 3);
  for (const std::string& url : server->urls()) CHECK(Client(url).get("/metrics").status == 200);
}

TEST_CASE("a Unix socket is for owner and group, and goes with the server") {
  const TempFolder folder;
  const std::string path = folder.path("s");
  auto server = serve({"unix:" + path});
  CHECK(server->urls()[0] == "unix:" + path);
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0660);
  CHECK(start_error("unix:" + path) ==
        "cannot listen on unix:" + path +
            ": Address already in use; another program listens there, choose another address");
  CHECK(Client("unix:" + path).get("/metrics").status == 200);
  server.reset();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the socket of a server that died is replaced, another file is not") {
  const TempFolder folder;
  const std::string path = folder.path("s");
  {
    // Bound and closed, never removed: what a killed server leaves.
    const mlockscope::util::Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(std::filesystem::exists(path));
  const auto server = serve({"unix:" + path});
  CHECK(Client("unix:" + path).get("/metrics").status == 200);
  const std::string file = folder.file("precious", "data");
  CHECK(start_error("unix:" + file) ==
        "cannot listen on unix:" + file +
            ": File exists; it is no socket: remove it or choose another path");
  CHECK(start_error("unix:" + folder.path("no/s")) ==
        "cannot listen on unix:" + folder.path("no/s") +
            ": No such file or directory; create the folder first");
  CHECK(std::filesystem::file_size(file) == 4);
}

TEST_CASE("an address that cannot be had is one line") {
  const auto server = serve({"127.0.0.1:0"});
  const std::string taken = server->urls()[0].substr(7);
  CHECK(start_error(taken) ==
        "cannot listen on " + taken +
            ": Address already in use; another program listens there, choose another address");
  CHECK(start_error("192.0.2.1:0") ==
        "cannot listen on 192.0.2.1:0: Cannot assign requested address; no interface of this "
        "machine has this address");
  CHECK(start_error("[fe80::1%nowhere]:0").rfind("cannot listen on [fe80::1%nowhere]:0: ", 0) == 0);
}

TEST_CASE("users have to say who they are, and changes of the file hold at once") {
  const TempFolder folder;
  const auto server = serve({"127.0.0.1:0"}, folder.file("web.yml", users_alice));
  Client client(server->urls()[0]);
  const Reply stranger = client.get("/metrics");
  CHECK(stranger.status == 401);
  CHECK(stranger.headers.at("www-authenticate").rfind("Basic", 0) == 0);
  CHECK(stranger.body == "Unauthorized\n");
  CHECK(client.get("/nope").status == 401); // strangers do not learn what is there
  CHECK(client.get("/metrics", alice).status == 200);
  CHECK(client.get("/metrics", "Authorization: Basic YWxpY2U6d3Jvbmc=\r\n").status == 401);

  folder.file("web.yml", "bad");
  CHECK(client.get("/metrics", alice).status == 500);
  folder.file("web.yml", "");
  CHECK(client.get("/metrics").status == 200);
}

TEST_CASE("the configuration's headers are in every answer, once") {
  const TempFolder folder;
  const auto server = serve({"127.0.0.1:0"}, folder.file("web.yml", R"(
http_server_config:
  headers:
    X-Frame-Options: deny
    X-Content-Type-Options: nosniff
)"));
  Client client(server->urls()[0]);
  CHECK(client.get("/metrics").headers.at("x-frame-options") == "deny");
  CHECK(client.get("/nope").headers.at("x-frame-options") == "deny");
  CHECK(client.get("/metrics").headers.at("x-content-type-options") == "nosniff");
}

TEST_CASE("signals stay as they were, and the server's threads take none") {
  struct sigaction before {};
  struct sigaction after {};
  ::sigaction(SIGPIPE, nullptr, &before);
  sigset_t mask_before;
  sigset_t mask_after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_before);
  const auto server = serve({"127.0.0.1:0"});
  REQUIRE(Client(server->urls()[0]).get("/metrics").status == 200);
  ::sigaction(SIGPIPE, nullptr, &after);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask_after);
  CHECK(before.sa_handler == after.sa_handler);
  CHECK(sigismember(&mask_after, SIGTERM) == sigismember(&mask_before, SIGTERM));

  int others = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(::gettid())) continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("SigBlk:", 0) != 0) continue;
      const auto blocked = std::stoull(line.substr(7), nullptr, 16);
      others += (blocked >> (SIGTERM - 1) & 1U) != 0 && (blocked >> (SIGPIPE - 1) & 1U) != 0;
    }
  }
  CHECK(others >= 2); // the acceptor and a worker
}

TEST_CASE("children inherit no descriptor") {
  const TempFolder folder;
  const auto server = serve({"127.0.0.1:0", "unix:" + folder.path("s")});
  Client ip(server->urls()[0]);
  Client local(server->urls()[1]);
  REQUIRE(ip.get("/metrics").status == 200);
  REQUIRE(local.get("/metrics").status == 200);
  int sockets = 0;
  for (int fd = 3; fd < 200; ++fd) {
    struct stat file {};
    if (::fstat(fd, &file) != 0 || !S_ISSOCK(file.st_mode)) continue;
    ++sockets;
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(sockets >= 6); // two that listen, and both ends of two connections
}
