// Many clients at once whose passwords are to be checked, which takes long.
#include "web/acceptor.hpp"
#include "web/server.hpp"

#include "server_fixture.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <mutex>
#include <poll.h>
#include <thread>

using namespace mlockscope::web;

namespace {

using Clients = std::vector<std::unique_ptr<Client>>;

const char* right = "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==\r\n"; // "correct horse"
const std::string wrong = "GET /metrics HTTP/1.1\r\nAuthorization: Basic YWxpY2U6d3Jvbmc=\r\n\r\n";
// One is checked and two wait.
constexpr std::size_t most_in_check = 3;

std::string users_file(const TempFolder& folder, const std::string& hash) {
  return folder.file("web.yml", "basic_auth_users:\n  alice: " + hash + "\n");
}

/// A check of passwords that takes until it is let go on.
class HeldCheck {
public:
  bool operator()(const std::string& password) {
    std::unique_lock lock(lock_);
    ++count_;
    changed_.wait(lock, [this] { return !held_; });
    return password == "correct horse";
  }
  void hold(bool held) {
    const std::lock_guard lock(lock_);
    held_ = held;
    changed_.notify_all();
  }
  int count() {
    const std::lock_guard lock(lock_);
    return count_;
  }

private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool held_ = false;
  int count_ = 0;
};

/// What Server is made of, with a check of our own.
class CheckedServer {
public:
  explicit CheckedServer(HeldCheck& check)
      : config_(LiveConfig::open(users_file(folder_, hash)).take()),
        http_(
            pages(), *config_,
            [&check](const std::string& password, const std::string&) { return check(password); }),
        acceptor_(listeners_, http_, stop_, Limits{}), thread_([this] { acceptor_.run(); }) {}
  CheckedServer(const CheckedServer&) = delete;
  ~CheckedServer() {
    stop();
    thread_.join();
  }

  void stop() {
    stop_.set();
    http_.stop();
  }
  [[nodiscard]] std::string url() const { return listeners_[0].url(false); }

private:
  static constexpr const char* hash =
      "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";
  static std::vector<Listener> listen() {
    std::vector<Listener> listeners;
    listeners.push_back(Listener::open(parse_address("127.0.0.1:0").value()).take());
    return listeners;
  }

  TempFolder folder_;
  std::unique_ptr<LiveConfig> config_;
  std::vector<Listener> listeners_ = listen();
  Wakeup stop_;
  Http http_;
  Acceptor acceptor_;
  std::thread thread_;
};

Clients guess(const std::string& url, std::size_t count) {
  Clients clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(url));
    REQUIRE(clients.back()->send(wrong));
  }
  return clients;
}

/// Waits until `count` of them have an answer, and takes these out.
Clients take_answered(Clients& clients, std::size_t count) {
  const auto answered = [](const std::unique_ptr<Client>& client) {
    pollfd input{client->fd(), POLLIN, 0};
    return ::poll(&input, 1, 10) == 1;
  };
  Clients taken;
  for (int tries = 0; taken.size() < count && tries < 1000; ++tries) {
    const auto first = std::stable_partition(clients.begin(), clients.end(), std::not_fn(answered));
    std::move(first, clients.end(), std::back_inserter(taken));
    clients.erase(first, clients.end());
  }
  REQUIRE(taken.size() == count);
  return taken;
}

} // namespace

TEST_CASE("few wait for a check, others are sent away, and who is remembered notices nothing") {
  HeldCheck check;
  const CheckedServer server(check);
  Client scraper(server.url());
  REQUIRE(scraper.get("/metrics", right).status == 200);
  check.hold(true);
  Clients guessers = guess(server.url(), 60);
  for (const auto& client : take_answered(guessers, 60 - most_in_check)) {
    const Reply reply = client->receive();
    CHECK(reply.status == 503);
    CHECK(reply.headers.at("retry-after") == "1");
    CHECK(reply.body == "Too many passwords to check, try again\n");
  }
  CHECK(guessers.size() == most_in_check);
  CHECK(scraper.get("/metrics", right).status == 200);
  CHECK(Client(server.url()).get("/metrics", right).status == 200);
  CHECK(Client(server.url()).get("/metrics").status == 401);
  check.hold(false);
  for (const auto& client : guessers) CHECK(client->receive().status == 401);
  CHECK(check.count() == 1 + static_cast<int>(most_in_check));
}

TEST_CASE("who waits for a check leaves when the server stops") {
  HeldCheck check;
  {
    CheckedServer server(check);
    check.hold(true);
    Clients guessers = guess(server.url(), 20);
    (void)take_answered(guessers, 20 - most_in_check);
    server.stop();
    for (const auto& client : take_answered(guessers, most_in_check - 1))
      CHECK(client->receive().status == 503);
    check.hold(false);
  }
  CHECK(check.count() == 1);
}

TEST_CASE("the same password that came several times at once is checked once") {
  HeldCheck check;
  const CheckedServer server(check);
  check.hold(true);
  Clients scrapers;
  for (std::size_t i = 0; i < 10; ++i) {
    scrapers.push_back(std::make_unique<Client>(server.url()));
    REQUIRE(scrapers.back()->send("GET /metrics HTTP/1.1\r\n" + std::string(right) + "\r\n"));
  }
  (void)take_answered(scrapers, 10 - most_in_check);
  check.hold(false);
  for (const auto& client : scrapers) CHECK(client->receive().status == 200);
  CHECK(check.count() == 1);
}

TEST_CASE("a server with a crowd that guesses can end") {
  const TempFolder folder;
  // 2^14 rounds take about a second: the first is still being checked when the last has come.
  auto server =
      serve({"127.0.0.1:0"},
            users_file(folder, "$2y$14$abcdefghijklmnopqrstuufJyGQz74MaXA58G4n4SAlu8WLjGODFe"));
  const Clients guessers = guess(server->urls()[0], 40);
  (void)guessers.back()->receive();
  server.reset();
  int checked = 0;
  for (const auto& client : guessers) checked += client->receive().status == 401;
  CHECK(checked < static_cast<int>(most_in_check));
}
