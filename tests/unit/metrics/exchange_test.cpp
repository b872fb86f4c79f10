#include "metrics/exchange.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <poll.h>
#include <thread>
#include <vector>

using namespace mlockscope;
using metrics::Exchange;
using metrics::Snapshot;
using namespace std::chrono_literals;

namespace {

Snapshot taken_at(model::Time time) {
  Snapshot snapshot;
  snapshot.time = time;
  return snapshot;
}

bool readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  return ::poll(&one, 1, 0) == 1;
}

} // namespace

TEST_CASE("without a wish there is nothing to answer") {
  Exchange exchange;
  CHECK(exchange.wish() == 0);
  CHECK_FALSE(readable(exchange.fd()));
  CHECK(exchange.latest() == nullptr);
}

TEST_CASE("who gets no answer in time is given the last there was") {
  Exchange exchange;
  exchange.answer(0, taken_at(7));
  const auto answer = exchange.ask(1ms);
  CHECK_FALSE(answer.fresh);
  CHECK(answer.snapshot->time == 7);
  CHECK(readable(exchange.fd()));
  CHECK(exchange.wish() == 1);
  CHECK_FALSE(readable(exchange.fd()));
}

TEST_CASE("nobody waits for one that has closed") {
  Exchange exchange;
  exchange.answer(0, taken_at(7));
  std::thread asker([&] {
    const auto answer = exchange.ask(1h);
    CHECK_FALSE(answer.fresh);
    CHECK(answer.snapshot->time == 7);
  });
  exchange.close();
  asker.join();
}

TEST_CASE("one answer serves all who asked before it, and nobody who asks later") {
  Exchange exchange;
  constexpr int askers = 8;
  std::vector<std::thread> threads;
  std::atomic<int> fresh = 0;
  for (int i = 0; i < askers; ++i)
    threads.emplace_back([&] {
      const auto answer = exchange.ask(1min);
      if (answer.fresh && answer.snapshot->time == 1) ++fresh;
    });
  std::uint64_t wish = 0;
  while (wish < askers) {
    wish = exchange.wish();
    std::this_thread::yield();
  }
  exchange.answer(wish, taken_at(1));
  for (auto& thread : threads) thread.join();
  CHECK(fresh == askers);
  CHECK(exchange.wish() == 0);
  CHECK_FALSE(exchange.ask(1ms).fresh);
}
