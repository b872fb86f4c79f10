// Any calls, written as strace would write them, are read as the same calls: of several threads
// that are under way at once, in all forms of numbers.
#include "log_reading.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>

using namespace mlockscope::test;

namespace {

struct Author {
  explicit Author(std::uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  std::ostringstream log;
  std::vector<CallEvent> calls; ///< in the order in which they ended
  std::map<std::uint32_t, std::pair<CallEvent, std::string>> open; ///< and the rest of the line
  std::uint64_t now = 1'700'000'000'000'000;

  std::uint64_t any(std::uint64_t below) { return random() % below; }
  std::string number(std::uint64_t value) {
    std::ostringstream text;
    if (any(2) == 0)
      text << std::dec << value;
    else
      text << "0x" << std::hex << value;
    return text.str();
  }
  std::string prefix(std::uint32_t tid) {
    now += any(1000);
    std::ostringstream text;
    text << tid << "  " << now / 1'000'000 << '.'
         << std::string(6 - std::to_string(now % 1'000'000).size(), '0') << now % 1'000'000 << ' ';
    return text.str();
  }
  /// A call, its line up to the last argument, and from there on.
  std::pair<std::string, std::string> compose(CallEvent& call) {
    call.addr = any(8) == 0 ? random() : p + any(1 << 20);
    call.len = any(8) == 0 ? random() : any(1 << 16);
    call.ret = any(4) == 0 ? -12 : 0;
    const std::string result = call.ret == 0 ? ") = 0" : ")   = -1 ENOMEM (Cannot allocate memory)";
    switch (call.call) {
    case Call::mlock:
      return {"mlock(" + number(call.addr) + ", " + number(call.len), result};
    case Call::munlock:
      return {"munlock(" + number(call.addr) + ", " + number(call.len), result};
    case Call::munmap:
      return {"munmap(" + number(call.addr) + ", " + number(call.len), result};
    case Call::mlock2:
      call.flags = any(2);
      return {"mlock2(" + number(call.addr) + ", " + number(call.len) + ", " +
                  (call.flags == 0 ? "0" : "MLOCK_ONFAULT"),
              result};
    case Call::mmap:
      call.flags = 0x22 | (any(2) == 0 ? 0x2000 : 0);
      if (call.ret == 0) call.ret = static_cast<std::int64_t>(p + any(1 << 20) * 4096);
      return {"mmap(" + number(call.addr) + ", " + number(call.len) +
                  ", PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS" +
                  (call.flags == 0x22 ? "" : "|MAP_LOCKED") + ", -1, 0",
              call.ret > 0 ? ") = " + number(static_cast<std::uint64_t>(call.ret)) : result};
    default:
      call.call = Call::munlockall;
      call.addr = call.len = 0;
      return {"munlockall(", result};
    }
  }
  void step() {
    const auto tid = static_cast<std::uint32_t>(100 + any(4));
    if (const auto found = open.find(tid); found != open.end()) {
      log << prefix(tid) << found->second.second << '\n';
      finish(found->second.first);
      open.erase(found);
      return;
    }
    CallEvent call;
    call.call = static_cast<Call>(any(7));
    call.caller = {.pid = tid, .tid = tid, .uid = Caller::unknown_uid, .comm = {}};
    const auto [head, tail] = compose(call);
    const std::string begin = prefix(tid);
    call.enter = now * 1000;
    const std::string name = head.substr(0, head.find('('));
    if (any(3) != 0) {
      log << begin << head << tail << '\n';
      finish(call);
    } else {
      log << begin << head << " <unfinished ...>\n";
      open[tid] = {call, "<... " + name + " resumed>" + tail};
    }
  }
  void finish(CallEvent& call) {
    call.exit = now * 1000;
    calls.push_back(call);
  }
};

} // namespace

TEST_CASE("calls that were written are read again") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Author author(seed);
    for (int n = 0; n < 300; ++n) author.step();
    const Reading reading = read_log(author.log.str());
    INFO("seed " << seed << ", " << reading.error << reading.remark);
    const auto calls = reading.calls();
    REQUIRE(calls.size() == author.calls.size());
    REQUIRE(reading.totals.lost == 0);
    for (std::size_t n = 0; n < calls.size(); ++n) {
      const CallEvent &read = calls[n], &written = author.calls[n];
      INFO("call " << n);
      REQUIRE(read.call == written.call);
      REQUIRE(read.caller.tid == written.caller.tid);
      REQUIRE(read.addr == written.addr);
      REQUIRE(read.len == written.len);
      REQUIRE(read.flags == written.flags);
      REQUIRE(read.ret == written.ret);
      REQUIRE(read.enter == written.enter);
      REQUIRE(read.exit == written.exit);
      REQUIRE_FALSE(read.overlapped);
    }
  }
}
