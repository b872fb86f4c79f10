#include "scrape.hpp"

#include "support/catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>

namespace mlockscope::live {
namespace {

const std::string before_port = "metrics on http://127.0.0.1:";

} // namespace

Exporter::Exporter(const Program& tracer) {
  wait_until("address of the metrics",
             [&] { return tracer.err().find(before_port) != std::string::npos; });
  const std::string err = tracer.err();
  port_ = std::stoi(err.substr(err.find(before_port) + before_port.size()));
}

util::Fd Exporter::hang(const std::string& sent) const {
  util::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
          0);
  REQUIRE(::send(socket.get(), sent.data(), sent.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(sent.size()));
  return socket;
}

Answer Exporter::get(const std::string& path) const {
  const util::Fd socket = hang("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string all;
  char part[65536];
  for (ssize_t got = 0; (got = ::recv(socket.get(), part, sizeof part, 0)) > 0;)
    all.append(part, static_cast<std::size_t>(got));
  const auto head_end = all.find("\r\n\r\n");
  REQUIRE(head_end != std::string::npos);
  return {std::stoi(all.substr(all.find(' ') + 1)), all.substr(0, head_end),
          all.substr(head_end + 4)};
}

Exporter::Series Exporter::scrape() const {
  const Answer answer = get("/metrics");
  REQUIRE(answer.status == 200);
  Series all;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const auto space = line.rfind(' ');
    const bool fresh = all.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
    INFO(line);
    REQUIRE(fresh);
  }
  return all;
}

double sum_of(const Exporter::Series& all, const std::string& metric) {
  double sum = 0;
  for (const auto& [series, value] : all)
    if (series.starts_with(metric + "{")) sum += value;
  return sum;
}

} // namespace mlockscope::live
