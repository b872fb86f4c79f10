// An origin, and entries of every kind with all that they can hold. data/v1.mls holds exactly
// these, so they never change; what a later version of the format adds has a sample of its own.
#pragma once

#include "recording/entry.hpp"

#include <algorithm>
#include <string_view>

namespace samples {

using namespace mlockscope;
using recording::Entry;

constexpr std::uint64_t top = ~std::uint64_t{0};
constexpr model::Address page = 0x7f00deadb000;

inline model::Comm comm(std::string_view name) {
  model::Comm comm;
  std::copy_n(name.data(), std::min<std::size_t>(name.size(), 15), comm.bytes.data());
  return comm;
}

inline recording::Origin origin() {
  recording::Origin origin;
  origin.version = "0.1.0";
  origin.kernel = "6.12.9";
  origin.machine = "x86_64";
  origin.host = "web1\n\xff";
  origin.backend = "tracepoint";
  origin.boot_id = "4a0f1a5e-52f0-4d3c-9c0e-7d6e5a1b2c3d";
  origin.page_size = 16384;
  origin.boot_time = -1;
  origin.clock_offset = 1'769'903'940'000'000'000;
  origin.began = 77;
  origin.fork_grace = 100'000'000;
  origin.all_mappings = true;
  return origin;
}

/// As most are.
inline model::CallEvent call(std::uint64_t number) {
  model::CallEvent event;
  event.space = model::SpaceId{3};
  event.call = number % 2 == 0 ? model::Call::mlock : model::Call::munlock;
  event.caller = {4242, 4243, 1000, comm("demo")};
  event.enter = 1'000'000'000 + number * 1000;
  event.exit = event.enter + 400;
  event.addr = page + number % 7 * 32;
  event.len = 32;
  event.before.locked = model::KernelWord::Locked::none;
  event.before.walked = {page, page + 4096};
  event.after = event.before;
  event.after.locked = model::KernelWord::Locked::all;
  return event;
}

/// All that a call can have, at its extremes.
inline model::CallEvent odd_call() {
  model::CallEvent event;
  event.space = model::SpaceId{top};
  event.call = model::Call::mremap;
  event.caller = {~0u, ~0u - 1, ~0u - 2, comm("\xff\x01\n fifteen bytes")};
  event.enter = top;
  event.exit = 5; // before it began: taken as it is
  event.addr = top;
  event.len = top - 1;
  event.flags = top - 2;
  event.new_len = top - 3;
  event.new_addr = top - 4;
  event.ret = INT64_MIN;
  event.extent = {1, top};
  event.before.locked = model::KernelWord::Locked::some;
  event.before.walked = {0, top};
  event.before.hole = true;
  event.before.runs = {{0, 1}, {1, 2}, {4096, top}};
  event.after.locked = model::KernelWord::Locked::some;
  event.after.walked = {top - 1, top};
  event.after.grows_down = true;
  event.after.runs = {{top - 1, top}};
  event.old_after.locked = model::KernelWord::Locked::all;
  event.old_after.walked = {7, 7};
  event.overlapped = true;
  event.born_clean = true;
  event.lost = top;
  event.failure = model::LockFailure{top, top - 1, top - 2, true, true, top - 3};
  event.imagined = true;
  event.applied = model::PageRange{4096, top};
  return event;
}

inline model::SnapshotEvent snapshot() {
  model::SnapshotEvent event;
  event.space = model::SpaceId{3};
  event.pid = 4242;
  event.comm = comm("demo");
  event.time = 2'000'000'000;
  event.calls_before = 17;
  event.lost = 2;
  event.locks_future = true;
  event.mappings = {{.pages = {0, 4096}, .locked = true},
                    {.pages = {4096, 8192}, .special = true},
                    {.pages = {page, page + 4096}, .grows_down = true},
                    {.pages = {page + 4096, page + 8192}, .shared = true},
                    {.pages = {top - 4095, top}, .wiped_on_fork = true}};
  return event;
}

inline model::FaultEvent fault(std::optional<bool> present) {
  model::FaultEvent event;
  event.space = model::SpaceId{3};
  event.caller = {4242, 4243, 1000, comm("demo")};
  event.time = 2'000'000'001;
  event.addr = page + 5;
  event.major = true;
  event.write = present.has_value();
  event.present = present;
  event.from_swap = !present.has_value();
  return event;
}

inline recording::CodeMappings code() {
  recording::CodeMappings code{model::SpaceId{3}, 4242, 900, {}};
  code.files = {{{0x400000, 0x401000}, 4096, 12345, 0xfe01, "/usr/bin/d\xff\nemo (deleted)", {}},
                {{0x401000, top}, top, top, top, std::string(4096, '/'), std::string(64, '\0')}};
  return code;
}

inline recording::ProcessSeen process() {
  recording::ProcessSeen seen{model::SpaceId{3}, 4242, {}};
  seen.info.exe = "/usr/bin/demo";
  seen.info.cgroup = ""; // known to be empty
  seen.info.container = std::string(4096, '\xfe');
  seen.info.pod = "5f6b2f0e-3a55-4a39-9a7e-0d4a1ce6a1b2";
  seen.info.comm = "server";
  return seen;
}

/// In no sensible order of time: that is for others to judge.
inline std::vector<Entry> every_kind() {
  using model::Event;
  using model::SpaceId;
  const model::Caller caller{1, 2, 3, comm("init")};
  return {process(),
          recording::ProcessSeen{SpaceId{0}, 0, {}},
          code(),
          recording::CodeMappings{},
          Event(call(0)),
          Event(call(1)),
          Event(odd_call()),
          Event(model::CallEvent{}),
          Event(model::ForkEvent{SpaceId{3}, SpaceId{top}, caller, 99, top, 7}),
          Event(snapshot()),
          Event(model::SnapshotEvent{}),
          Event(fault(true)),
          Event(fault(false)),
          Event(fault(std::nullopt)),
          Event(model::SwapEvent{SpaceId{3}, 5, {{page, page + 4096}, {page + 4096, top}}, true}),
          Event(model::SwapEvent{}),
          Event(model::LostEvent{top, 6, "ring buffer full", true, false, SpaceId{0}}),
          Event(model::LostEvent{1, 6, "", false, true, std::nullopt}),
          Event(model::TickEvent{top}),
          Event(model::TickEvent{0}),
          Event(model::EndEvent{SpaceId{3}, 8, 9}),
          recording::Gap{top, 3, "the disk was too slow", {{SpaceId{3}, 18}, {SpaceId{top}, top}}},
          recording::Gap{},
          recording::Ended{2'000'000'002}};
}

/// What 1.1 of the format has added: in data/v1.1.mls, behind the others.
inline std::vector<Entry> since_1_1() {
  using model::Event;
  using model::StackId;
  model::CallEvent there = call(2);
  there.stack = StackId{top};
  const model::Frame named{.addr = top,
                           .symbol = "secret::free(void*)\xff\n",
                           .offset = top - 1,
                           .module = std::string(4096, '/'),
                           .module_offset = top - 2,
                           .build_id = std::string(64, '\0'),
                           .file = "",
                           .line = ~0u};
  return {recording::StackSeen{StackId{top}, model::SpaceId{3}, 4242, 5, {page, 0, top}},
          recording::StackSeen{},
          Event(model::ForkEvent{model::SpaceId{3}, model::SpaceId{4}, {}, 5, 6, 7, StackId{8}}),
          Event(there),
          recording::StackNamed{StackId{top}, {named, model::Frame{}}},
          recording::StackNamed{},
          recording::Ended{7, {top, 1, 2, 3, 4}}};
}

inline std::vector<Entry> all_entries() {
  auto entries = every_kind();
  for (auto& entry : since_1_1()) entries.push_back(std::move(entry));
  return entries;
}

} // namespace samples
