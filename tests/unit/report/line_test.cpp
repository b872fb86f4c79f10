#include "report/line.hpp"

#include "samples.hpp"
#include "support/catch.hpp"

using namespace mlockscope;
using report::Colour;

namespace {

struct Shown {
  std::string out, notes;
};

template <class Write>
Shown shown(Write write, bool timestamps = false, Colour colour = Colour::off) {
  samples::Captured out, notes;
  report::LineSink sink(out.writer(), notes.writer(), {samples::clock, timestamps, colour});
  write(sink);
  sink.flush();
  return {out.take(), notes.take()};
}

std::string line_of(const model::Finding& finding) {
  return shown([&](report::LineSink& sink) { sink.finding(finding, {}); }).out;
}

std::string line_of(const model::CallEvent& event, const model::CallReading& reading) {
  return shown([&](report::LineSink& sink) { sink.call(event, reading); }).out;
}

std::string line_of(const model::FaultEvent& event, const model::FaultReading& reading) {
  return shown([&](report::LineSink& sink) { sink.fault(event, reading); }).out;
}

} // namespace

TEST_CASE("a header, then a line a finding") {
  const Shown text = shown([](report::LineSink& sink) {
    sink.start(samples::start());
    sink.finding(samples::spill(), {.process = samples::process()});
    sink.finding(samples::lock_failed(), {.process = samples::process()});
  });
  CHECK(text.out ==
        "KIND         SEVERITY     PID COMM            ADDRESS        EXPOSED\n"
        "spill        high        4242 demo            0x7f00deadb064 32 B\n"
        "lock-failed  high        4242 demo            0x7f00deadb000 mlock ENOMEM x117\n");
  CHECK(text.notes ==
        "mlockscope 0.1.0: tracing by fentry; Linux 6.12.9, x86_64, pages of 4 KiB\n");
}

TEST_CASE("lines stay under 80 columns with the longest of everything") {
  model::Finding finding = samples::lock_failed();
  finding.call.call = model::Call::mlockall;
  finding.call.caller.pid = 4194304;
  finding.call.caller.comm = samples::comm("123456789012345");
  finding.count = 999;
  CHECK(line_of(finding) ==
        "lock-failed  high     4194304 123456789012345 mlockall       ENOMEM x999\n");
  finding = samples::spill();
  finding.kind = model::Kind::lockall_hole;
  finding.severity = model::Severity::critical;
  finding.confidence = model::Confidence::modelled;
  finding.call.caller = samples::caller("123456789012345");
  finding.exposed_bytes = 1536U << 10;
  CHECK(line_of(finding) ==
        "lockall-hole critical    4242 123456789012345 0x7f00deadb064 1536 KiB modelled\n");
}

TEST_CASE("a finding that is less than verified says so") {
  model::Finding finding = samples::spill();
  finding.confidence = model::Confidence::possible;
  CHECK(line_of(finding) ==
        "spill        high        4242 demo            0x7f00deadb064 32 B possible\n");
}

TEST_CASE("timestamps are UTC and stand first") {
  const Shown text = shown(
      [](report::LineSink& sink) {
        sink.start(samples::start());
        sink.finding(samples::spill(), {});
      },
      true);
  CHECK(text.out ==
        "TIME(UTC)    KIND         SEVERITY     PID COMM            ADDRESS        EXPOSED\n"
        "23:59:59.123 spill        high        4242 demo            0x7f00deadb064 32 B\n");
}

TEST_CASE("colours are there when asked for, and do not move the columns") {
  const Shown text =
      shown([](report::LineSink& sink) { sink.finding(samples::spill(), {}); }, false, Colour::on);
  CHECK(text.out == "spill        \033[31mhigh    \033[0m    4242 demo            "
                    "0x7f00deadb064 32 B\n");
}

TEST_CASE("a hostile name stays in its line and its colour") {
  model::Finding finding = samples::spill();
  finding.call.caller.comm = samples::comm("a\n\x1b[31m\xff");
  CHECK(line_of(finding) ==
        "spill        high        4242 a\\x0a\\x1b[31m\\xff 0x7f00deadb064 32 B\n");
}

TEST_CASE("wide characters take two columns") {
  model::Finding finding = samples::spill();
  finding.call.caller.comm = samples::comm("\u65e5\u672c");
  CHECK(line_of(finding) ==
        "spill        high        4242 \u65e5\u672c            0x7f00deadb064 32 B\n");
}

TEST_CASE("calls have lines of the same shape") {
  model::CallEvent event = samples::munlock_event();
  CHECK(line_of(event, samples::munlock_reading()) ==
        "munlock      -           4242 demo            0x7f00deadb000 32 = 0, all>none\n");
  event.ret = -EINVAL;
  CHECK(line_of(event, {}) ==
        "munlock      -           4242 demo            0x7f00deadb000 32 = EINVAL\n");
  event.call = model::Call::mlockall;
  event.flags = 1;
  event.ret = 0;
  CHECK(line_of(event, {}) == "mlockall     -           4242 demo            -              "
                              "MCL_CURRENT = 0\n");
}

TEST_CASE("what was swapped names the finding that unlocked it") {
  model::Finding finding = samples::swapped();
  CHECK(line_of(finding) ==
        "swapped      critical    4242 demo            0x7f00deadb064 32 B, #1\n");
  finding.confidence = model::Confidence::modelled;
  CHECK(line_of(finding) ==
        "swapped      critical    4242 demo            0x7f00deadb064 32 B modelled, #1\n");
}

TEST_CASE("what was swapped has the time when it was seen") {
  const Shown text =
      shown([](report::LineSink& sink) { sink.finding(samples::swapped(), {}); }, true);
  CHECK(text.out.substr(0, 21) == "00:00:00.623 swapped ");
}

TEST_CASE("a forked copy names the child, and if it is all that is left") {
  model::Finding finding = samples::forked();
  CHECK(line_of(finding) ==
        "fork         medium      4242 demo            0x7f00deadb064 48 B to 4711\n");
  finding.inherited->owner_ended = true;
  CHECK(line_of(finding) ==
        "fork         medium      4242 demo            0x7f00deadb064 48 B orphan 4711\n");
  finding.exposed.clear();
  finding.inherited.reset();
  CHECK(line_of(finding) == "fork         medium      4242 demo            fork           48 B\n");
}

TEST_CASE("faults have lines of the same shape, under 80 columns") {
  model::FaultEvent event = samples::fault_event();
  CHECK(line_of(event, samples::fault_reading()) ==
        "fault-minor  -           4242 demo            0x7f00deadb064 locked first-touch\n");
  event = samples::swap_fault_event();
  CHECK(line_of(event, samples::swap_fault_reading()) ==
        "fault-major  -           4242 demo            0x7f00deadb064 exposed swap-in\n");
  model::FaultReading reading = samples::fault_reading();
  reading.cause = model::FaultReading::Cause::copy_on_write;
  CHECK(line_of(event, reading) ==
        "fault-major  -           4242 demo            0x7f00deadb064 locked cow\n");
  reading.cause = model::FaultReading::Cause::unknown;
  CHECK(line_of(event, reading) ==
        "fault-major  -           4242 demo            0x7f00deadb064 locked\n");
}

TEST_CASE("losses go beside the findings, the summary after them") {
  const Shown text = shown([](report::LineSink& sink) {
    sink.lost({.count = 1, .time = 0, .cause = "ring buffer\x1b full"});
    sink.lost({.count = 2, .time = 0, .cause = ""});
    sink.exposure(samples::exposure());
    sink.summary(samples::summary());
  });
  CHECK(text.notes == "WARNING: 1 event lost (ring buffer\\x1b full); findings may be missing\n"
                      "WARNING: 2 events lost; findings may be missing\n");
  CHECK(text.out.substr(0, 24) == "\nNo findings in 12.5 s.\n");
}
