// No call is missed, whichever way a process or thread comes into being, and however soon it ends.
#include "support.hpp"

#include "support/catch.hpp"

using namespace mlockscope::live;

namespace {

const std::string calls = "1009"; // a prime: no even sharing out anywhere

/// forker's own account, the one line it prints.
void require_account(const Trace& trace) {
  REQUIRE(trace.ending == "exit 0");
  require_complete(trace);
  const Json account = Json::parse(trace.out);
  INFO(account.dump() << "\n" << trace.summary().dump());
  REQUIRE(account.at("mlock") == std::stoi(calls));
  CHECK(trace.summary().at("calls").at("mlock") == account.at("mlock"));
  CHECK(trace.summary().at("calls").at("munlock") == account.at("munlock"));
  for (const char* way : {"forks", "threads", "execs", "vforks"}) CHECK(account.at(way) > 0);
}

} // namespace

TEST_CASE("run sees every call of a tree of processes and threads") {
  require_account(run({}, {program("forker"), calls}));
}

TEST_CASE("run sees every call of it below strace, too") {
  require_account(
      run({}, {"strace", "-f", "-o", "/dev/null", "-e", "trace=mlock", program("forker"), calls}));
}

TEST_CASE("two tracers at once both see every call") {
  const auto all =
      Tracer::trace({"--comm", "forker", "--follow"}); // executed ones have another name
  const Trace one = run({}, {program("forker"), calls});
  const Trace other = all->stop();
  require_account(one);
  require_complete(other);
  CHECK(other.summary().at("calls").at("mlock") == std::stoi(calls));
  CHECK(other.summary().at("calls").at("munlock") == one.summary().at("calls").at("munlock"));
}
