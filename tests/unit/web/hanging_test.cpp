// Clients that do not do their part.
#include "web/server.hpp"

#include "server_fixture.hpp"
#include "support/temp_folder.hpp"

#include <atomic>
#include <chrono>
#include <sys/socket.h>
#include <thread>

using namespace mlockscope::web;
using namespace std::chrono_literals;

namespace {

using Clients = std::vector<std::unique_ptr<Client>>;

/// Thirty connections: ten say nothing, ten half a request, ten ask and never read the answer.
Clients hang(const std::string& url) {
  Clients clients;
  for (int i = 0; i < 30; ++i) {
    clients.push_back(std::make_unique<Client>(url));
    REQUIRE(clients.back()->ready());
    if (i % 3 == 1) REQUIRE(clients.back()->send("GET /metrics HTTP/1.1\r\nHost:"));
    if (i % 3 == 2) REQUIRE(clients.back()->send("GET /huge HTTP/1.1\r\n\r\n"));
  }
  return clients;
}

/// It must not be a timeout that helps.
Limits patient() {
  Limits limits;
  limits.request_time = limits.answer_time = 1h;
  return limits;
}

Limits short_times() {
  Limits limits;
  limits.request_time = limits.answer_time = limits.idle_time = 100ms;
  return limits;
}

} // namespace

TEST_CASE("clients that hang keep nobody else waiting") {
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, patient());
  const Clients hanging = hang(server->urls()[0]);
  CHECK(Client(server->urls()[0]).get("/metrics").status == 200);
}

TEST_CASE("a request that is not complete takes no worker") {
  Limits limits = patient();
  limits.threads = 2;
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, limits);
  Client early(server->urls()[0]);
  REQUIRE(early.send("GET /met"));
  Clients hanging;
  for (int i = 0; i < 80; ++i) {
    hanging.push_back(std::make_unique<Client>(server->urls()[0]));
    REQUIRE(hanging.back()->send(i % 2 == 0 ? "G" : "GET /metrics HTTP/1.1\r\nHost: x\r\n"));
    // Also those that had one answer.
    if (i % 4 == 3)
      REQUIRE((hanging.back()->send("\r\nGET /") && hanging.back()->receive().status));
  }
  for (int i = 0; i < 3; ++i) CHECK(Client(server->urls()[0]).get("/metrics").status == 200);
  REQUIRE(early.send("rics HTTP/1.1\r\n\r"));
  REQUIRE(early.send("\n"));
  CHECK(early.receive().status == 200);
}

TEST_CASE("answers that nobody takes hold no worker, and few are kept") {
  Limits limits = patient();
  limits.threads = 2;
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, limits);
  Clients hanging;
  for (int i = 0; i < 6; ++i) {
    hanging.push_back(std::make_unique<Client>(server->urls()[0]));
    REQUIRE(hanging.back()->send("GET /huge HTTP/1.1\r\n\r\n"));
    // One after the other, so that it is known which is the oldest.
    CHECK(Client(server->urls()[0]).get("/metrics").status == 200);
    char first = 0;
    REQUIRE(::recv(hanging.back()->fd(), &first, 1, MSG_PEEK) == 1);
  }
  CHECK(hanging[0]->receive().status == 0); // cut short
  CHECK(hanging[5]->receive().body.size() == std::size_t{32} << 20);
}

TEST_CASE("a server with clients that hang can end") {
  auto server = serve({"127.0.0.1:0"}, std::nullopt, patient());
  const Clients hanging = hang(server->urls()[0]);
  REQUIRE(Client(server->urls()[0]).get("/metrics").status == 200);
  server.reset();
  CHECK(hanging[0]->closed());
}

TEST_CASE("a server with a client that never stops asking can end") {
  auto server = serve({"127.0.0.1:0"});
  const std::string url = server->urls()[0];
  std::thread flood([&url] {
    Client client(url);
    while (client.send("GET /ready HTTP/1.1\r\n\r\n") && client.receive().status == 503) {
    }
  });
  CHECK(Client(url).get("/metrics").status == 200);
  server.reset();
  flood.join();
}

TEST_CASE("clients that hang are dropped when their time is over") {
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, short_times());
  Client silent(server->urls()[0]);
  CHECK(silent.closed());

  Client half(server->urls()[0]);
  REQUIRE(half.send("GET /metrics HTTP/1.1\r\nHost:"));
  CHECK(half.receive().status != 200);
  CHECK(half.closed());

  Client between(server->urls()[0]);
  REQUIRE(between.get("/metrics").status == 200);
  CHECK(between.closed());

  Client never_reads(server->urls()[0]);
  REQUIRE(never_reads.send("GET /huge HTTP/1.1\r\n\r\n"));
  std::this_thread::sleep_for(300ms);       // three times its time
  CHECK(never_reads.receive().status == 0); // cut short
}

TEST_CASE("a client that sends a byte now and then has no more time than others") {
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, short_times());
  Client slow(server->urls()[0]);
  bool sent = slow.send("GET ");
  for (int i = 0; sent && i < 100; ++i) {
    std::this_thread::sleep_for(20ms);
    sent = slow.send("/");
  }
  CHECK_FALSE(sent);
}

TEST_CASE("a new client takes the place of the one that is idle for longest") {
  Limits few;
  few.connections = 4;
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, few);
  Clients clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(server->urls()[0]));
    REQUIRE(clients.back()->get("/metrics").status == 200);
  }
  CHECK(clients[0]->closed());
  CHECK(clients[3]->closed());
  CHECK(clients[7]->get("/metrics").status == 200);
}

TEST_CASE("many clients at once are all served") {
  Limits few;
  few.threads = 4;
  const auto server = serve({"127.0.0.1:0"}, std::nullopt, few);
  std::atomic<int> served = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i)
    clients.emplace_back([&server, &served] {
      Client client(server->urls()[0]);
      for (int n = 0; n < 10; ++n)
        served += client.get("/metrics", "Accept-Encoding: gzip\r\n").status == 200;
    });
  for (std::thread& client : clients) client.join();
  CHECK(served == 160);
}
