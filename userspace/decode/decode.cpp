#include "decode/decode.hpp"

#include "bpf/wire.h"
#include "decode/path.hpp"
#include "model/linux_abi.hpp"
#include "model/request.hpp"

#include <cstring>

namespace mlockscope::decode {
namespace {

using model::Address;
using model::Call;
using model::CallEvent;
using model::KernelWord;
using model::PageRange;
using model::PageSize;

using namespace model::linux_abi;

util::Error damaged(const char* why) { return {"damaged record from the probes", why, ""}; }

model::Comm comm_of(const char (&name)[WIRE_COMM_LEN]) {
  model::Comm comm;
  std::memcpy(comm.bytes.data(), name, comm.bytes.size());
  return comm;
}

template <class Wire> model::Caller caller_of(const Wire& wire) {
  return {wire.pid, wire.tid, wire.uid, comm_of(wire.comm)};
}

/// False if the words contradict themselves.
bool read_word(const wire_word& wire, PageRange range, std::span<const wire_run> runs,
               KernelWord& word) {
  if (wire.locked > WIRE_SOME || wire.runs > runs.size()) return false;
  if (wire.locked == WIRE_UNKNOWN) return true;
  if (wire.walked_end < range.start || wire.walked_end > range.end) return false;
  word.locked = static_cast<KernelWord::Locked>(wire.locked);
  word.walked = {range.start, wire.walked_end};
  word.hole = (wire.flags & WIRE_HOLE) != 0;
  word.grows_down = (wire.flags & WIRE_GROWS_DOWN) != 0;
  Address at = range.start;
  for (const wire_run& run : runs.first(wire.runs)) {
    if (run.start < at || run.end <= run.start || run.end > wire.walked_end) return false;
    at = run.end;
    word.runs.push_back({run.start, run.end});
  }
  return (word.locked == KernelWord::Locked::some) == !word.runs.empty();
}

void read_arguments(const wire_call& wire, CallEvent& event) {
  const auto& args = wire.args;
  switch (event.call) {
  case Call::mlock:
  case Call::munlock:
  case Call::munmap:
    event.addr = args[0];
    event.len = args[1];
    break;
  case Call::mlock2:
    event.addr = args[0];
    event.len = args[1];
    event.flags = args[2];
    break;
  case Call::mlockall:
    event.flags = args[0];
    break;
  case Call::munlockall:
    break;
  case Call::mmap:
    event.addr = args[0];
    event.len = args[1];
    event.flags = args[3];
    break;
  case Call::mremap:
    event.addr = args[0];
    event.len = args[1];
    event.new_len = args[2];
    event.flags = args[3];
    if ((event.flags & (mremap_fixed | mremap_dontunmap)) != 0) event.new_addr = args[4];
    break;
  case Call::brk:
    event.addr = args[0];
    event.extent = {wire.extent, wire.extent};
    break;
  case Call::shmat:
    event.addr = args[1];
    event.flags = args[2];
    if (!failed(wire.ret))
      event.extent = {static_cast<Address>(wire.ret), static_cast<Address>(wire.ret) + wire.extent};
    break;
  case Call::shmdt:
    event.addr = args[0];
    event.extent = {args[0], args[0] + wire.extent};
    break;
  case Call::fork:
    break; // has a record of its own
  }
}

void read_failure(const wire_call_detail& wire, CallEvent& event) {
  if ((wire.evidence & WIRE_FAILED) == 0) return;
  event.failure = model::LockFailure{wire.limit_soft,
                                     wire.limit_hard,
                                     wire.locked_bytes,
                                     (wire.evidence & WIRE_CAP_IPC_LOCK) != 0,
                                     (wire.evidence & WIRE_SECRETMEM) != 0,
                                     wire.place};
}

/// `detail` is null for the common, short record.
util::Result<model::Event> read_call(const wire_call& wire, const wire_call_detail* detail,
                                     PageSize page) {
  if (wire.call >= WIRE_CALLS) return damaged("no such call");
  CallEvent event;
  event.space = model::SpaceId{wire.space};
  event.call = static_cast<Call>(wire.call);
  event.caller = caller_of(wire);
  event.enter = wire.enter;
  event.exit = wire.exit;
  event.ret = wire.ret;
  event.lost = wire.lost;
  event.overlapped = (wire.flags & WIRE_OVERLAPPED) != 0;
  event.born_clean = (wire.flags & WIRE_BORN_CLEAN) != 0;
  event.sequence = wire.sequence;
  event.settled = event.sequence != 0 && (wire.flags & WIRE_SETTLED) != 0;
  event.stack = model::StackId{wire.stack};
  read_arguments(wire, event);

  using Runs = std::span<const wire_run>;
  const PageRange range = judged_range(event, page);
  bool sound =
      read_word(wire.before, range, detail ? Runs(detail->before_runs) : Runs(), event.before);
  sound &= read_word(wire.after, range, detail ? Runs(detail->after_runs) : Runs(), event.after);
  if (detail) {
    const PageRange old{detail->old_start, detail->old_end};
    sound &= read_word(detail->old_after, old, detail->old_runs, event.old_after);
    if (event.call == Call::mremap) event.extent = model::bytes_of(old);
    read_failure(*detail, event);
  }
  if (!sound) return damaged("a word outside its range");
  return model::Event(std::move(event));
}

template <class Wire> bool take(std::span<const std::byte> record, Wire& wire) {
  if (record.size() != sizeof(Wire)) return false;
  std::memcpy(&wire, record.data(), sizeof(Wire));
  return true;
}

model::Event read_fork(const wire_fork& wire) {
  return model::ForkEvent{model::SpaceId{wire.parent},
                          model::SpaceId{wire.child},
                          caller_of(wire),
                          wire.child_pid,
                          wire.time,
                          wire.lost,
                          model::StackId{wire.stack}};
}

model::Event read_fault(const wire_fault& wire) {
  model::FaultEvent event;
  event.space = model::SpaceId{wire.space};
  event.caller = caller_of(wire);
  event.time = wire.time;
  event.addr = wire.addr;
  event.major = (wire.flags & WIRE_FAULT_MAJOR) != 0;
  event.write = (wire.flags & WIRE_FAULT_WRITE) != 0;
  if ((wire.flags & WIRE_FAULT_UNKNOWN) == 0)
    event.present = (wire.flags & WIRE_FAULT_PRESENT) != 0;
  event.from_swap = (wire.flags & WIRE_FAULT_SWAP) != 0;
  return event;
}

/// The page of an address; nothing for the last one, whose end cannot be said.
std::optional<PageRange> page_at(Address addr, PageSize page) {
  const Address start = page.down(addr);
  if (start + page.bytes() < start) return std::nullopt;
  return PageRange{start, start + page.bytes()};
}

/// A page that came back from swap.
util::Result<model::Event> read_swap(const wire_swap& wire, PageSize page) {
  const auto back = page_at(wire.addr, page);
  if (wire.what != WIRE_SWAP_BACK || !back) return damaged("no page");
  return model::Event(model::SwapEvent{model::SpaceId{wire.space}, wire.time, {*back}});
}

} // namespace

PageRange judged_range(const CallEvent& event, PageSize page) {
  const auto mapped = [page](Address at, std::uint64_t length) {
    return PageRange{at, at + page.up(length)};
  };
  const auto result = static_cast<Address>(event.ret);
  const bool done = !failed(event.ret);
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2:
  case Call::munlock:
    return model::applied_pages(page, event.addr, event.len).value_or(PageRange{});
  case Call::mmap:
    if (done) return mapped(result, event.len);
    return (event.flags & map_fixed) != 0 ? mapped(event.addr, event.len) : PageRange{};
  case Call::mremap:
    if (done) return mapped(result, event.new_len);
    return (event.flags & mremap_fixed) != 0 ? mapped(event.new_addr, event.new_len) : PageRange{};
  case Call::brk:
    if (result <= event.extent.start) return {};
    return {page.up(event.extent.start), page.up(result)};
  case Call::shmat:
    return done ? PageRange{event.extent.start, event.extent.end} : PageRange{};
  default:
    return {};
  }
}

util::Result<model::Event> decode(std::span<const std::byte> record, PageSize page) {
  if (record.empty()) return damaged("empty");
  wire_call call;
  wire_call_detail detail;
  wire_fork fork;
  wire_end end;
  wire_fault fault;
  wire_swap swap;
  switch (static_cast<std::uint8_t>(record[0])) {
  case WIRE_CALL:
    if (take(record, call)) return read_call(call, nullptr, page);
    break;
  case WIRE_CALL_DETAIL:
    if (take(record, detail)) return read_call(detail.call, &detail, page);
    break;
  case WIRE_FORK:
    if (take(record, fork)) return read_fork(fork);
    break;
  case WIRE_END:
    if (take(record, end))
      return model::Event(model::EndEvent{model::SpaceId{end.space}, end.time, end.lost});
    break;
  case WIRE_FAULT:
    if (take(record, fault)) return read_fault(fault);
    break;
  case WIRE_SWAP:
    if (take(record, swap)) return read_swap(swap, page);
    break;
  default:
    return damaged("unknown type");
  }
  return damaged("wrong size");
}

std::optional<model::SpaceId> named_space(std::span<const std::byte> record) {
  wire_call call;
  wire_call_detail detail;
  if (record.empty()) return std::nullopt;
  const auto type = static_cast<std::uint8_t>(record[0]);
  if (type == WIRE_CALL && take(record, call)) return model::SpaceId{call.space};
  if (type == WIRE_CALL_DETAIL && take(record, detail)) return model::SpaceId{detail.call.space};
  return std::nullopt;
}

std::optional<SwapTraffic> decode_swap_traffic(std::span<const std::byte> record, PageSize page) {
  wire_swap wire;
  const bool swap = !record.empty() && static_cast<std::uint8_t>(record[0]) == WIRE_SWAP;
  if (!swap || !take(record, wire)) return std::nullopt;
  if (wire.what != WIRE_SWAP_TRAFFIC && wire.what != WIRE_SWAP_OUT) return std::nullopt;
  SwapTraffic traffic{model::SpaceId{wire.space}, wire.time, {}};
  if (wire.what == WIRE_SWAP_OUT) traffic.written = page_at(wire.addr, page);
  return traffic;
}

std::optional<Birth> decode_birth(std::span<const std::byte> record) {
  wire_birth wire;
  if (record.empty() || static_cast<std::uint8_t>(record[0]) != WIRE_BIRTH || !take(record, wire))
    return std::nullopt;
  return Birth{model::SpaceId{wire.space}, wire.pid,        comm_of(wire.comm), path_of(wire.exe),
               path_of(wire.cgroup),       wire.start_code, wire.end_code};
}

} // namespace mlockscope::decode
