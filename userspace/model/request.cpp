#include "model/request.hpp"

#include "model/linux_abi.hpp"

namespace mlockscope::model {
namespace {

using namespace linux_abi;

/// Calls on mappings take and give aligned addresses; only their lengths are rounded.
Request of_mapping(PageSize page, Address addr, std::uint64_t len) {
  const auto bytes = byte_range(addr, len);
  if (!bytes) return {};
  return {bytes, page.around(*bytes)};
}

Request of_extent(PageSize page, ByteRange extent) { return {extent, page.around(extent)}; }

Request of_lock(PageSize page, const CallEvent& event) {
  Request request = read_lock_request(page, event.addr, event.len);
  if (event.imagined) return {request.requested, event.applied};
  if (event.ret == -einval) return {};
  // can_do_mlock() is asked before anything else (mm/mlock.c, do_mlock).
  if (event.ret == -eperm) request.applied.reset();
  // apply_vma_lock_flags() stops at the first hole and keeps what it did before it.
  if (failed(event.ret) && request.applied && event.after.known() && event.after.hole)
    request.applied->end = std::min(request.applied->end, event.after.walked.end);
  return request;
}

} // namespace

// mm/mlock.c, do_mlock() and munlock():
//   len = PAGE_ALIGN(len + (offset_in_page(start)));   may wrap to something short: no error
//   start &= PAGE_MASK;
//   end = start + len; if (end < start) return -EINVAL; if (end == start) return 0;
std::optional<PageRange> applied_pages(PageSize page, Address addr, std::uint64_t len) {
  const Address start = page.down(addr);
  const Address end = start + page.up(len + page.offset(addr));
  if (end < start) return std::nullopt;
  return PageRange{start, end};
}

Request read_lock_request(PageSize page, Address addr, std::uint64_t len) {
  const auto applied = applied_pages(page, addr, len);
  if (!applied) return {};
  return {byte_range(addr, len), applied};
}

Request read_request(PageSize page, const CallEvent& event) {
  const auto result = static_cast<Address>(event.ret);
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2:
  case Call::munlock:
    return of_lock(page, event);
  case Call::munmap:
    return of_mapping(page, event.addr, event.len);
  case Call::mmap:
    return failed(event.ret) ? Request{} : of_mapping(page, result, event.len);
  case Call::mremap:
    return failed(event.ret) ? Request{} : of_mapping(page, result, event.new_len);
  case Call::shmat:
  case Call::shmdt:
    return failed(event.ret) ? Request{} : of_extent(page, event.extent);
  case Call::brk:
  case Call::mlockall:
  case Call::munlockall:
  case Call::fork:
    break;
  }
  return {};
}

bool tells_stubborn(const CallEvent& event) {
  const bool secret = event.failure && event.failure->secret_memory;
  return event.call == Call::munlock && event.ret == 0 && (!event.imagined || secret);
}

CallSite call_site(const CallEvent& event, std::optional<PageRange> applied) {
  CallSite site;
  site.call = event.call;
  site.caller = event.caller;
  site.time = event.exit;
  site.addr = event.addr;
  site.len = event.len;
  site.flags = event.flags;
  site.ret = event.ret;
  site.applied = applied;
  site.stack = event.stack;
  return site;
}

CallReading read_call(const CallEvent& event, const Request& request) {
  CallReading reading;
  reading.requested = request.requested;
  reading.applied = request.applied;
  if (request.applied) {
    const ByteRange all = bytes_of(*request.applied);
    const ByteRange named = request.requested.value_or(ByteRange{});
    reading.rounding_bytes = all.size() - all.intersect(named).size();
  }
  reading.before = event.before.locked;
  reading.after = event.after.locked;
  return reading;
}

} // namespace mlockscope::model
