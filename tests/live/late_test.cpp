// A tracer that comes after the locks does not know which bytes were asked for, and does not
// pretend to.
#include "support.hpp"

#include "support/catch.hpp"

using namespace mlockscope::live;

TEST_CASE("of locks older than the tracer, findings are possible ones, shown if asked for") {
  need_root();
  Puppet puppet("elder");
  puppet.tell("lock 100 32");
  puppet.tell("lock 200 32");
  const Words which{"--pid", std::to_string(puppet.pid())};
  const auto plain = Tracer::trace(which);
  const auto possible = Tracer::trace({which[0], which[1], "--show-possible"});
  puppet.tell("unlock 100 32");
  const Trace sure = plain->stop(), unsure = possible->stop();
  for (const Trace* trace : {&sure, &unsure}) require_complete(*trace);
  CHECK(sure.findings().empty());
  const auto findings = unsure.findings();
  REQUIRE(findings.size() == 1);
  INFO(findings[0].dump());
  CHECK(findings[0].at("kind") == "spill");
  CHECK(findings[0].at("confidence") == "possible");
  CHECK(findings[0].at("victim").at("addr").is_null());
  CHECK(findings[0].at("victim").at("len").is_null());
  CHECK(unsure.summary().at("findings").at("spill") == 0); // counts what is sure
}
