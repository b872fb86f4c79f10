// Values of an entry -> those of a message. The other way: decode_values.hpp.
#pragma once

#include "recording/entry.hpp"
#include "recording/format.hpp"

#include "recording.pb.h"

#include <cassert>
#include <string>
#include <string_view>

namespace mlockscope::recording {

template <class Text> std::string cut(const Text& text, std::size_t most) {
  return std::string(std::string_view(text).substr(0, most));
}

/// Modulo 2^64, so that nothing overflows.
inline std::int64_t difference(std::uint64_t to, std::uint64_t from) {
  return static_cast<std::int64_t>(to - from);
}

/// Ranges one behind the other.
class RangeList {
public:
  explicit RangeList(model::Address start = 0) : at_(start) {}
  template <class Numbers> void add(model::PageRange range, Numbers& out) {
    assert(at_ <= range.start && !range.empty());
    out.Add(range.start - at_);
    out.Add(range.size());
    at_ = range.end;
  }

private:
  model::Address at_;
};

inline void fill(v1::Word& out, const model::KernelWord& word, model::Address start,
                 std::uint64_t size) {
  assert((word.locked == model::KernelWord::Locked::some) == !word.runs.empty());
  out.set_locked(static_cast<v1::Word::Locked>(word.locked));
  out.set_start(difference(word.walked.start, start));
  out.set_size(difference(word.walked.size(), size));
  out.set_hole(word.hole);
  out.set_grows_down(word.grows_down);
  RangeList list(word.walked.start);
  for (const model::PageRange& run : word.runs) list.add(run, *out.mutable_runs());
}

template <class Tag> void fill(v1::Range& out, model::Range<Tag> range) {
  out.set_start(range.start);
  out.set_size(range.size());
}

inline void fill(v1::Failure& out, const model::LockFailure& failure) {
  out.set_limit_soft(failure.limit_soft);
  out.set_limit_hard(failure.limit_hard);
  out.set_locked_bytes(failure.locked_bytes);
  out.set_cap_ipc_lock(failure.cap_ipc_lock);
  out.set_secret_memory(failure.secret_memory);
  out.set_place(failure.place);
}

/// What most calls do not have.
void fill_rest(v1::Call& out, const model::CallEvent& event) {
  out.set_new_len(event.new_len);
  out.set_new_addr(event.new_addr);
  if (event.extent != model::ByteRange{}) fill(*out.mutable_extent(), event.extent);
  if (event.old_after.known())
    fill(*out.mutable_old_after(), event.old_after, event.extent.start, event.extent.size());
  out.set_overlapped(event.overlapped);
  out.set_born_clean(event.born_clean);
  out.set_lost(event.lost);
  if (event.failure) fill(*out.mutable_failure(), *event.failure);
  out.set_imagined(event.imagined);
  if (event.applied) fill(*out.mutable_applied(), *event.applied);
  out.set_stack(static_cast<std::uint64_t>(event.stack));
}

inline void fill(v1::Names::Frame& out, const model::Frame& frame) {
  out.set_addr(frame.addr);
  if (frame.symbol) out.set_symbol(cut(*frame.symbol, format::most_symbol));
  out.set_offset(frame.offset);
  if (frame.module) out.set_module(cut(*frame.module, format::most_path));
  out.set_module_offset(frame.module_offset);
  out.set_build_id(cut(frame.build_id, format::most_build_id));
  if (frame.file) out.set_file(cut(*frame.file, format::most_path));
  out.set_line(frame.line);
}

inline std::uint64_t flags_of(const model::SnapshotEvent::Mapping& mapping) {
  return (mapping.locked ? 1u : 0u) | (mapping.special ? 2u : 0u) | (mapping.grows_down ? 4u : 0u) |
         (mapping.shared ? 8u : 0u) | (mapping.wiped_on_fork ? 16u : 0u);
}

} // namespace mlockscope::recording
