// All kinds of entries but the calls.
#include "recording/decode_values.hpp"
#include "recording/decoder.hpp"

namespace mlockscope::recording {

using model::Address;
using model::SpaceId;

bool Decoder::read(const v1::Caller& in) {
  Told told;
  told.space = SpaceId{in.space()};
  told.caller.pid = in.pid();
  told.caller.tid = in.tid();
  told.caller.uid = in.uid();
  if (!take_comm(in.comm(), told.caller.comm)) return fail(too_long);
  if (callers_.size() == format::most_callers) return fail("too many callers");
  callers_.push_back(told);
  return true;
}

bool Decoder::read(const v1::Fork& in) {
  const Told* const by = caller(in.caller());
  if (!by) return false;
  entry_ = model::Event(model::ForkEvent{by->space, SpaceId{in.child()}, by->caller, in.child_pid(),
                                         time(in.time()), in.lost(), model::StackId{in.stack()}});
  return true;
}

bool Decoder::read(const v1::End& in) {
  entry_ = model::Event(model::EndEvent{SpaceId{in.space()}, time(in.time()), in.lost()});
  return true;
}

bool Decoder::read(const v1::Snapshot& in) {
  model::SnapshotEvent event;
  event.space = SpaceId{in.space()};
  event.pid = in.pid();
  if (!take_comm(in.comm(), event.comm)) return fail(too_long);
  event.time = time(in.time());
  event.calls_before = in.calls_before();
  event.lost = in.lost();
  event.locks_future = in.locks_future();
  const auto& list = in.mappings();
  if (list.size() % 3 != 0) return fail("half a mapping");
  event.mappings.reserve(static_cast<std::size_t>(list.size() / 3));
  Address at = 0;
  for (int n = 0; n < list.size(); n += 3) {
    model::SnapshotEvent::Mapping mapping;
    if (!next_range(at, list[n], list[n + 1], mapping.pages)) return fail(past_the_end);
    const std::uint64_t flags = list[n + 2];
    mapping.locked = (flags & 1) != 0;
    mapping.special = (flags & 2) != 0;
    mapping.grows_down = (flags & 4) != 0;
    mapping.shared = (flags & 8) != 0;
    mapping.wiped_on_fork = (flags & 16) != 0;
    if (flags >= 32) overlooked_ = true;
    event.mappings.push_back(mapping);
  }
  entry_ = model::Event(std::move(event));
  return true;
}

bool Decoder::read(const v1::Fault& in) {
  Told* const by = caller(in.caller());
  if (!by) return false;
  model::FaultEvent event;
  event.space = by->space;
  event.caller = by->caller;
  event.time = time(in.time());
  event.addr = by->last = sum(by->last, in.addr());
  event.major = in.major();
  event.write = in.write();
  if (in.has_present()) event.present = in.present();
  event.from_swap = in.from_swap();
  entry_ = model::Event(event);
  return true;
}

bool Decoder::read(const v1::Swapped& in) {
  model::SwapEvent event{SpaceId{in.space()}, time(in.time()), {}, in.inferred()};
  if (in.pages_size() % 2 != 0) return fail("half a range");
  Address at = 0;
  for (int n = 0; n < in.pages_size(); n += 2)
    if (!next_range(at, in.pages(n), in.pages(n + 1), event.pages.emplace_back()))
      return fail(past_the_end);
  entry_ = model::Event(std::move(event));
  return true;
}

bool Decoder::read(const v1::Lost& in) {
  model::LostEvent event;
  event.count = in.count();
  event.time = time(in.time());
  if (!take_text(in.cause(), format::most_name, event.cause)) return fail(too_long);
  event.in_ring = in.in_ring();
  event.harmless = in.harmless();
  if (in.has_space()) event.space = SpaceId{in.space()};
  entry_ = model::Event(std::move(event));
  return true;
}

bool Decoder::read(const v1::Tick& in) {
  entry_ = model::Event(model::TickEvent{time(in.time())});
  return true;
}

bool Decoder::read(const v1::Process& in) {
  ProcessSeen seen{SpaceId{in.space()}, in.pid(), {}};
  const auto known = [](bool given, const std::string& text, std::optional<std::string>& out) {
    return take_maybe(given, text, format::most_path, out);
  };
  const bool fits = known(in.has_exe(), in.exe(), seen.info.exe) &&
                    known(in.has_cgroup(), in.cgroup(), seen.info.cgroup) &&
                    known(in.has_container(), in.container(), seen.info.container) &&
                    known(in.has_pod(), in.pod(), seen.info.pod) &&
                    known(in.has_unit(), in.unit(), seen.info.unit) &&
                    known(in.has_comm(), in.comm(), seen.info.comm);
  if (!fits) return fail(too_long);
  entry_ = std::move(seen);
  return true;
}

bool Decoder::read(const v1::Code& in) {
  CodeMappings code{SpaceId{in.space()}, in.pid(), time(in.time()), {}};
  Address at = 0;
  for (const v1::Code::File& next : in.files()) {
    CodeMappings::File& file = code.files.emplace_back();
    if (!next_range(at, next.start(), next.size(), file.pages)) return fail(past_the_end);
    file.offset = next.offset();
    file.inode = next.inode();
    file.device = next.device();
    if (!take_text(next.path(), format::most_path, file.path) ||
        !take_text(next.build_id(), format::most_build_id, file.build_id))
      return fail(too_long);
  }
  entry_ = std::move(code);
  return true;
}

bool Decoder::read(const v1::Gap& in) {
  Gap gap{in.entries(), time(in.time()), {}, {}};
  if (!take_text(in.cause(), format::most_name, gap.cause)) return fail(too_long);
  if (in.spaces_size() % 2 != 0) return fail("half an address space");
  for (int n = 0; n < in.spaces_size(); n += 2)
    gap.spaces.emplace_back(SpaceId{in.spaces(n)}, in.spaces(n + 1));
  entry_ = std::move(gap);
  return true;
}

bool Decoder::read(const v1::Ended& in) {
  entry_ = Ended{time(in.time()),
                 {in.stacks_lost(), in.stacks_skipped(), in.stacks_recycled(),
                  in.stacks_forgotten(), in.stacks_unnamed()}};
  return true;
}

bool Decoder::read(const v1::Stack& in) {
  StackSeen seen{model::StackId{in.stack()},
                 SpaceId{in.space()},
                 in.pid(),
                 time(in.time()),
                 {in.addr().begin(), in.addr().end()}};
  if (seen.addresses.size() > format::most_frames) return fail("a stack that is too deep");
  entry_ = std::move(seen);
  return true;
}

bool Decoder::read(const v1::Names& in) {
  StackNamed named{model::StackId{in.stack()}, {}};
  if (in.frames_size() > static_cast<int>(format::most_frames))
    return fail("a stack that is too deep");
  for (const v1::Names::Frame& next : in.frames()) {
    model::Frame& frame = named.frames.emplace_back();
    frame.addr = next.addr();
    frame.offset = next.offset();
    frame.module_offset = next.module_offset();
    frame.line = next.line();
    const bool fits =
        take_maybe(next.has_symbol(), next.symbol(), format::most_symbol, frame.symbol) &&
        take_maybe(next.has_module(), next.module(), format::most_path, frame.module) &&
        take_maybe(next.has_file(), next.file(), format::most_path, frame.file) &&
        take_text(next.build_id(), format::most_build_id, frame.build_id);
    if (!fits) return fail(too_long);
  }
  entry_ = std::move(named);
  return true;
}

} // namespace mlockscope::recording
