#include "recording/encoder.hpp"

#include "recording/encode_values.hpp"

#include <cassert>

namespace mlockscope::recording {
namespace {

using model::Address;

std::size_t varint_size(std::size_t value) {
  return google::protobuf::io::CodedOutputStream::VarintSize64(value);
}

/// A field of a message that is a message, too.
std::uint8_t* begin_field(int number, std::size_t size, std::uint8_t* at) {
  assert(number < 16);
  *at++ = static_cast<std::uint8_t>(number << 3 | 2); // "Message Structure": LEN
  return google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(size, at);
}

template <class Message>
void append_field(std::string& raw, int number, const Message& message, std::size_t size) {
  const std::size_t before = raw.size();
  raw.resize(before + 1 + varint_size(size) + size);
  auto* const at = reinterpret_cast<std::uint8_t*>(&raw[before]);
  message.SerializeWithCachedSizesToArray(begin_field(number, size, at));
}

} // namespace

Block encode_origin(const Origin& origin) {
  v1::Origin out;
  out.set_version(cut(origin.version, format::most_name));
  out.set_kernel(cut(origin.kernel, format::most_name));
  out.set_machine(cut(origin.machine, format::most_name));
  out.set_host(cut(origin.host, format::most_name));
  out.set_backend(cut(origin.backend, format::most_name));
  out.set_boot_id(cut(origin.boot_id, format::most_name));
  out.set_page_size(origin.page_size);
  out.set_boot_time(origin.boot_time);
  out.set_clock_offset(origin.clock_offset);
  out.set_began(origin.began);
  out.set_fork_grace(origin.fork_grace);
  out.set_all_mappings(origin.all_mappings);
  out.set_misses_32_bit_calls(origin.misses_32_bit_calls);
  Block block{format::Kind::origin, 0, {}};
  append_field(block.raw, v1::Recording::kOriginFieldNumber, out, out.ByteSizeLong());
  return block;
}

Block Encoder::take(std::string spare) {
  spare.clear();
  Block block{format::Kind::entries, entries_, std::move(raw_)};
  raw_ = std::move(spare);
  entries_ = 0;
  last_ = 0;
  callers_.clear();
  return block;
}

template <class Message> bool Encoder::append(int kind, const Message& message) {
  const std::size_t body = message.ByteSizeLong();
  const std::size_t size = 1 + varint_size(body) + body;
  const std::size_t before = raw_.size();
  if (size > format::most_raw || before + 16 + size > format::most_raw) return false;
  raw_.resize(before + 1 + varint_size(size) + size);
  auto* at = reinterpret_cast<std::uint8_t*>(&raw_[before]);
  at = begin_field(v1::Recording::kEntryFieldNumber, size, at);
  message.SerializeWithCachedSizesToArray(begin_field(kind, body, at));
  ++entries_;
  return true;
}

template <class Message>
bool Encoder::append_at(model::Time time, int kind, const Message& message) {
  if (!append(kind, message)) return false;
  last_ = time;
  return true;
}

std::int64_t Encoder::since_last(model::Time time) const { return difference(time, last_); }

Callers::Known& Encoder::caller(model::SpaceId space, const model::Caller& caller) {
  if (Callers::Known* const known = callers_.find(space, caller)) return *known;
  v1::Caller out;
  out.set_space(static_cast<std::uint64_t>(space));
  out.set_pid(caller.pid);
  out.set_tid(caller.tid);
  out.set_uid(caller.uid);
  out.set_comm(cut(caller.comm.view(), format::most_comm));
  const bool fits = append(v1::Entry::kCallerFieldNumber, out);
  assert(fits); // blocks are handed on long before
  (void)fits;
  return callers_.tell(space, caller);
}

bool Encoder::add(const Entry& entry) {
  return std::visit([this](const auto& what) { return write(what); }, entry);
}

bool Encoder::add(const model::Event& event) {
  return std::visit([this](const auto& what) { return write(what); }, event);
}

bool Encoder::add(const model::CallEvent& event) {
  assert(event.call < model::Call::fork);
  Callers::Known& by = caller(event.space, event.caller);
  call_.Clear();
  call_.set_caller(by.number);
  call_.set_call(static_cast<v1::CallName>(event.call));
  call_.set_exit(since_last(event.exit));
  call_.set_took(difference(event.exit, event.enter));
  call_.set_addr(difference(event.addr, by.last));
  call_.set_len(event.len);
  call_.set_flags(event.flags);
  call_.set_ret(event.ret);
  model::PageRange walked{event.addr, event.addr};
  if (event.before.known()) {
    fill(*call_.mutable_before(), event.before, event.addr, 0);
    walked = event.before.walked;
  }
  if (event.after.known()) fill(*call_.mutable_after(), event.after, walked.start, walked.size());
  fill_rest(call_, event);
  if (!append_at(event.exit, v1::Entry::kCallFieldNumber, call_)) return false;
  by.last = event.addr;
  return true;
}

bool Encoder::write(const model::ForkEvent& event) {
  v1::Fork out;
  out.set_caller(caller(event.parent, event.caller).number);
  out.set_child(static_cast<std::uint64_t>(event.child));
  out.set_child_pid(event.child_pid);
  out.set_time(since_last(event.time));
  out.set_lost(event.lost);
  out.set_stack(static_cast<std::uint64_t>(event.stack));
  return append_at(event.time, v1::Entry::kForkFieldNumber, out);
}

bool Encoder::write(const model::EndEvent& event) {
  v1::End out;
  out.set_space(static_cast<std::uint64_t>(event.space));
  out.set_time(since_last(event.time));
  out.set_lost(event.lost);
  return append_at(event.time, v1::Entry::kEndFieldNumber, out);
}

bool Encoder::write(const model::SnapshotEvent& event) {
  v1::Snapshot out;
  out.set_space(static_cast<std::uint64_t>(event.space));
  out.set_pid(event.pid);
  out.set_comm(cut(event.comm.view(), format::most_comm));
  out.set_time(since_last(event.time));
  out.set_calls_before(event.calls_before);
  out.set_lost(event.lost);
  out.set_locks_future(event.locks_future);
  RangeList list;
  for (const auto& mapping : event.mappings) {
    list.add(mapping.pages, *out.mutable_mappings());
    out.add_mappings(flags_of(mapping));
  }
  return append_at(event.time, v1::Entry::kSnapshotFieldNumber, out);
}

bool Encoder::write(const model::FaultEvent& event) {
  Callers::Known& by = caller(event.space, event.caller);
  v1::Fault out;
  out.set_caller(by.number);
  out.set_time(since_last(event.time));
  out.set_addr(difference(event.addr, by.last));
  out.set_major(event.major);
  out.set_write(event.write);
  if (event.present) out.set_present(*event.present);
  out.set_from_swap(event.from_swap);
  if (!append_at(event.time, v1::Entry::kFaultFieldNumber, out)) return false;
  by.last = event.addr;
  return true;
}

bool Encoder::write(const model::SwapEvent& event) {
  v1::Swapped out;
  out.set_space(static_cast<std::uint64_t>(event.space));
  out.set_time(since_last(event.time));
  RangeList list;
  for (const model::PageRange& pages : event.pages) list.add(pages, *out.mutable_pages());
  out.set_inferred(event.inferred);
  return append_at(event.time, v1::Entry::kSwapFieldNumber, out);
}

bool Encoder::write(const model::LostEvent& event) {
  v1::Lost out;
  out.set_count(event.count);
  out.set_time(since_last(event.time));
  out.set_cause(cut(event.cause, format::most_name));
  out.set_in_ring(event.in_ring);
  out.set_harmless(event.harmless);
  if (event.space) out.set_space(static_cast<std::uint64_t>(*event.space));
  return append_at(event.time, v1::Entry::kLostFieldNumber, out);
}

bool Encoder::write(const model::TickEvent& event) {
  v1::Tick out;
  out.set_time(since_last(event.time));
  return append_at(event.time, v1::Entry::kTickFieldNumber, out);
}

bool Encoder::write(const ProcessSeen& seen) {
  v1::Process out;
  out.set_space(static_cast<std::uint64_t>(seen.space));
  out.set_pid(seen.pid);
  if (seen.info.exe) out.set_exe(cut(*seen.info.exe, format::most_path));
  if (seen.info.cgroup) out.set_cgroup(cut(*seen.info.cgroup, format::most_path));
  if (seen.info.container) out.set_container(cut(*seen.info.container, format::most_path));
  if (seen.info.pod) out.set_pod(cut(*seen.info.pod, format::most_path));
  if (seen.info.unit) out.set_unit(cut(*seen.info.unit, format::most_path));
  if (seen.info.comm) out.set_comm(cut(*seen.info.comm, format::most_path));
  return append(v1::Entry::kProcessFieldNumber, out);
}

bool Encoder::write(const CodeMappings& code) {
  v1::Code out;
  out.set_space(static_cast<std::uint64_t>(code.space));
  out.set_pid(code.pid);
  out.set_time(since_last(code.time));
  Address at = 0;
  std::size_t size = 64; // of all but the files, at most
  for (const CodeMappings::File& file : code.files) {
    assert(at <= file.pages.start && !file.pages.empty());
    v1::Code::File next;
    next.set_start(file.pages.start - at);
    next.set_size(file.pages.size());
    next.set_offset(file.offset);
    next.set_inode(file.inode);
    next.set_device(file.device);
    next.set_path(cut(file.path, format::most_path));
    next.set_build_id(cut(file.build_id, format::most_build_id));
    size += next.ByteSizeLong() + 4; // with its tag and size
    if (size > format::most_code_bytes) break;
    *out.add_files() = std::move(next);
    at = file.pages.end;
  }
  return append_at(code.time, v1::Entry::kCodeFieldNumber, out);
}

bool Encoder::write(const Gap& gap) {
  v1::Gap out;
  out.set_entries(gap.entries);
  out.set_time(since_last(gap.time));
  out.set_cause(cut(gap.cause, format::most_name));
  for (const auto& [space, calls] : gap.spaces) {
    out.add_spaces(static_cast<std::uint64_t>(space));
    out.add_spaces(calls);
  }
  return append_at(gap.time, v1::Entry::kGapFieldNumber, out);
}

bool Encoder::write(const Ended& ended) {
  v1::Ended out;
  out.set_time(since_last(ended.time));
  out.set_stacks_lost(ended.stacks.lost);
  out.set_stacks_skipped(ended.stacks.skipped);
  out.set_stacks_recycled(ended.stacks.recycled);
  out.set_stacks_forgotten(ended.stacks.forgotten);
  out.set_stacks_unnamed(ended.stacks.unnamed);
  return append_at(ended.time, v1::Entry::kEndedFieldNumber, out);
}

bool Encoder::write(const StackSeen& seen) {
  v1::Stack out;
  out.set_stack(static_cast<std::uint64_t>(seen.stack));
  out.set_space(static_cast<std::uint64_t>(seen.space));
  out.set_pid(seen.pid);
  out.set_time(since_last(seen.time));
  for (const Address addr : seen.addresses)
    if (out.addr_size() < static_cast<int>(format::most_frames)) out.add_addr(addr);
  return append_at(seen.time, v1::Entry::kStackFieldNumber, out);
}

bool Encoder::write(const StackNamed& named) {
  v1::Names out;
  out.set_stack(static_cast<std::uint64_t>(named.stack));
  for (const model::Frame& frame : named.frames)
    if (out.frames_size() < static_cast<int>(format::most_frames)) fill(*out.add_frames(), frame);
  return append(v1::Entry::kNamesFieldNumber, out);
}

} // namespace mlockscope::recording
