// The things sinks are shown in these tests, and a sink's way to a string.
#pragma once

#include "report/clock.hpp"
#include "report/sink.hpp"
#include "report/writer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace samples {

using namespace mlockscope;

constexpr model::Address page = 0x7f00deadb000;
constexpr model::Time second = 1'000'000'000;
/// Monotonic 0 is 2026-01-31 23:59:00 UTC.
constexpr report::Clock clock{1'769'903'940LL * 1'000'000'000};

inline model::Comm comm(std::string_view name) {
  model::Comm comm;
  std::copy_n(name.data(), std::min(name.size(), comm.bytes.size()), comm.bytes.data());
  return comm;
}

inline model::Caller caller(std::string_view name = "demo") {
  return {.pid = 4242, .tid = 4243, .uid = 1000, .comm = comm(name)};
}

inline report::Start start() {
  return {.version = "0.1.0",
          .kernel = "6.12.9",
          .machine = "x86_64",
          .page_size = model::PageSize(4096),
          .backend = "fentry",
          .time = 1};
}

inline model::ProcessInfo process() {
  return {.exe = "/usr/bin/demo",
          .cgroup = "/user.slice",
          .container = std::nullopt,
          .pod = std::nullopt,
          .unit = std::nullopt};
}

/// lock(p,32) lock(p+100,32) unlock(p,32): the first example of the semantics.
inline model::Finding spill() {
  return {.id = model::FindingId{1},
          .kind = model::Kind::spill,
          .severity = model::Severity::high,
          .confidence = model::Confidence::verified,
          .space = model::SpaceId{3},
          .call = {.call = model::Call::munlock,
                   .caller = caller(),
                   .time = 59 * second + 123'456'789,
                   .addr = page,
                   .len = 32,
                   .flags = 0,
                   .ret = 0,
                   .applied = model::PageRange{page, page + 4096}},
          .victim = model::Victim{.request = model::ByteRange{page + 100, page + 132},
                                  .now = std::nullopt,
                                  .call = model::Call::mlock,
                                  .locked_at = 59 * second + 122'256'789,
                                  .tid = 4243},
          .exposed = {{page + 100, page + 132}},
          .exposed_bytes = 32,
          .count = 1,
          .failure = std::nullopt,
          .opener = std::nullopt,
          .seen_in_swap = std::nullopt,
          .inherited = std::nullopt};
}

/// The page of the spill was seen in swap a second and a half later.
inline model::Finding swapped() {
  model::Finding finding = spill();
  finding.id = model::FindingId{2};
  finding.kind = model::Kind::swapped;
  finding.severity = model::Severity::critical;
  finding.opener = model::FindingId{1};
  finding.seen_in_swap = finding.call.time + second + second / 2;
  return finding;
}

/// lock(p+100,32) lock(p+200,16), then a fork whose child has both copies.
inline model::Finding forked(bool owner_ended = false) {
  model::Finding finding = spill();
  finding.id = model::FindingId{3};
  finding.kind = model::Kind::fork;
  finding.severity = owner_ended ? model::Severity::high : model::Severity::medium;
  finding.call = {.call = model::Call::fork,
                  .caller = caller(),
                  .time = 59 * second + 123'456'789,
                  .addr = 0,
                  .len = 0,
                  .flags = 0,
                  .ret = 4711,
                  .applied = std::nullopt};
  model::Victim other = *finding.victim;
  other.request = model::ByteRange{page + 200, page + 216};
  other.tid = 7;
  finding.exposed.push_back(*other.request);
  finding.exposed_bytes = 48;
  finding.inherited = model::Inheritance{.child_pid = 4711,
                                         .owner_ended = owner_ended,
                                         .claims = {*finding.victim, other},
                                         .claims_in_all = 2};
  return finding;
}

inline model::Finding lock_failed() {
  model::Finding finding = spill();
  finding.id = model::FindingId{2};
  finding.kind = model::Kind::lock_failed;
  finding.call.call = model::Call::mlock;
  finding.call.len = 8192;
  finding.call.ret = -ENOMEM;
  finding.call.applied.reset();
  finding.victim.reset();
  finding.exposed.clear();
  finding.exposed_bytes = 0;
  finding.count = 117;
  finding.failure = model::LockFailure{.limit_soft = 65536,
                                       .limit_hard = 131072,
                                       .locked_bytes = 61440,
                                       .cap_ipc_lock = false,
                                       .secret_memory = false,
                                       .place = 0};
  return finding;
}

inline model::Exposure exposure(model::Closed closed = model::Closed::relocked) {
  return {.finding = model::FindingId{1},
          .space = model::SpaceId{3},
          .pid = 4242,
          .comm = comm("demo"),
          .closed = closed,
          .opened = 10 * second,
          .ended = 11 * second + second / 4,
          .bytes = 32};
}

inline model::CallEvent munlock_event() {
  model::CallEvent event;
  event.call = model::Call::munlock;
  event.caller = caller();
  event.enter = 59 * second;
  event.exit = 59 * second + 5;
  event.addr = page;
  event.len = 32;
  return event;
}

inline model::CallReading munlock_reading() {
  return {.requested = model::ByteRange{page, page + 32},
          .applied = model::PageRange{page, page + 4096},
          .rounding_bytes = 4064,
          .before = model::KernelWord::Locked::all,
          .after = model::KernelWord::Locked::none};
}

inline model::FaultEvent fault_event() {
  model::FaultEvent event;
  event.space = model::SpaceId{3};
  event.caller = caller();
  event.time = 59 * second + 5;
  event.addr = page + 100;
  return event;
}

inline model::FaultReading fault_reading() {
  return {.where = model::FaultReading::Where::locked,
          .cause = model::FaultReading::Cause::first_touch,
          .requested = model::ByteRange{page + 100, page + 132},
          .applied = model::PageRange{page, page + 4096}};
}

/// Read back from the disk, on a page that should have been locked.
inline model::FaultEvent swap_fault_event() {
  model::FaultEvent event = fault_event();
  event.major = event.from_swap = true;
  return event;
}

inline model::FaultReading swap_fault_reading() {
  model::FaultReading reading = fault_reading();
  reading.where = model::FaultReading::Where::exposed;
  reading.cause = model::FaultReading::Cause::swap_in;
  return reading;
}

inline report::Summary summary() {
  report::Summary summary;
  summary.totals.events = 1234;
  summary.totals.calls = {{model::Call::mlock, 12}, {model::Call::munlock, 11}};
  summary.totals.address_spaces = 2;
  summary.seconds = 12.5;
  summary.backend = "fentry";
  summary.time = 59 * second;
  return summary;
}

/// A pipe whose reading end tells what a Writer let out.
class Captured {
public:
  Captured() {
    int ends[2]{-1, -1};
    if (::pipe(ends) != 0) std::abort();
    // Larger than anything a test writes without reading.
    ::fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    read_ = util::Fd(ends[0]);
    writer_.emplace(util::Fd(ends[1]), "a pipe");
  }
  [[nodiscard]] report::Writer& writer() { return *writer_; }
  /// What has come since the last time, without asking the writer to flush.
  [[nodiscard]] std::string take() {
    std::string text;
    char some[4096];
    ssize_t got = 0;
    while ((got = ::read(read_.get(), some, sizeof some)) > 0)
      text.append(some, static_cast<std::size_t>(got));
    return text;
  }
  void close_reader() { read_.reset(); }

private:
  util::Fd read_;
  std::optional<report::Writer> writer_;
};

} // namespace samples
