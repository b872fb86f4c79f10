// A process with nothing locked costs next to nothing, however busy it is.
#include "support.hpp"

#include "support/catch.hpp"

using namespace mlockscope::live;

TEST_CASE("of a process that has released its locks, mapping calls are not sent") {
  const auto tracer = Tracer::trace({"--comm", "idler"});
  Puppet puppet("idler");
  puppet.tell("lock 0 32");
  puppet.tell("unlock 0 32");
  puppet.tell("churn 10");
  puppet.tell("sleep 500"); // the tracer finds out at its leisure
  puppet.tell("churn 100000");
  puppet.tell("lock 0 32"); // and yet it misses no lock
  const Trace trace = tracer->stop();
  require_complete(trace);
  CHECK(trace.summary().at("calls").at("mlock") == 2);
  CHECK(trace.summary().at("events") < 20000); // of 200 000 calls
}
