#include "util/notify.hpp"

#include "support/catch.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <unistd.h>

using namespace mlockscope::util;

namespace {

/// A service manager as sd_notify(3) has it: a datagram socket, in the environment while it lives.
class Manager {
public:
  /// `name` as in NOTIFY_SOCKET: a path, or '@' and an abstract name.
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  Manager(const Manager&) = delete;
  ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }

  [[nodiscard]] int socket() const { return socket_.get(); }
  /// The next message; "" if there is none.
  [[nodiscard]] std::string heard() const {
    std::array<char, 256> text{};
    const ssize_t got = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(got));
  }

private:
  Fd socket_;
};

std::string complaint_at(const std::string& name) {
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  const Status sent = notify_service("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  return sent ? "" : sent.error().message();
}

} // namespace

TEST_CASE("the manager hears what is said, message by message, at a path") {
  const auto path =
      std::filesystem::temp_directory_path() / ("mlockscope-notify-" + std::to_string(::getpid()));
  const Manager manager(path.string());
  CHECK(notify_service("READY=1\nSTATUS=tracing").ok());
  CHECK(notify_service("STOPPING=1").ok());
  CHECK(manager.heard() == "READY=1\nSTATUS=tracing");
  CHECK(manager.heard() == "STOPPING=1");
  CHECK(manager.heard().empty());
  std::filesystem::remove(path);
}

TEST_CASE("the manager may have an abstract socket") {
  const Manager manager("@mlockscope/notify/" + std::to_string(::getpid()));
  CHECK(notify_service("STATUS=two words").ok());
  CHECK(manager.heard() == "STATUS=two words");
}

TEST_CASE("a path may fill the address to its last byte but one") {
  const std::string start = "@" + std::to_string(::getpid());
  const Manager manager(start + std::string(107 - start.size(), 'x')); // 108: sun_path, unix(7)
  CHECK(notify_service("READY=1").ok());
  CHECK(manager.heard() == "READY=1");
}

TEST_CASE("without a manager nothing is said and nothing is wrong") {
  ::unsetenv("NOTIFY_SOCKET");
  CHECK(notify_service("READY=1").ok());
}

TEST_CASE("a socket that cannot be is an error that names it") {
  const std::string prefix = "cannot notify the service manager at '";
  CHECK(complaint_at("relative") ==
        prefix + "relative': NOTIFY_SOCKET is neither a path nor an abstract socket that fits");
  for (const std::string& name : {std::string(), std::string("/"), "/" + std::string(107, 'x')})
    CHECK(complaint_at(name).starts_with(prefix + name + "': NOTIFY_SOCKET is"));
  CHECK(complaint_at("/nonexistent/socket") ==
        prefix + "/nonexistent/socket': No such file or directory");
}

TEST_CASE("a manager that does not read keeps nobody waiting") {
  const Manager manager("@mlockscope-deaf-" + std::to_string(::getpid()));
  Status last = success();
  for (int i = 0; i < 100'000 && last; ++i) last = notify_service("STATUS=again");
  CHECK_FALSE(last.ok()); // the queue was full, net.unix.max_dgram_qlen
}
