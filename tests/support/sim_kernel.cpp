#include "support/sim_kernel.hpp"

#include "model/linux_abi.hpp"

#include <algorithm>
#include <utility>

namespace mlockscope::test {

using namespace model::linux_abi;

namespace {

/// The second mapping begins where the first ends, and is of its kind.
bool are_one(SnapshotEvent::Mapping first, const SnapshotEvent::Mapping& second) {
  if (first.pages.end != second.pages.start) return false;
  first.pages = second.pages;
  return first == second;
}

} // namespace

CallEvent SimKernel::event(Call call, Address addr, std::uint64_t len) {
  CallEvent made;
  made.space = id;
  made.call = call;
  made.addr = addr;
  made.len = len;
  return made;
}

KernelWord SimKernel::word(PageRange range) const {
  KernelWord told;
  if (silent) return told;
  told.walked = {range.start, range.start};
  bool all = true;
  for (Address at = range.start; at < range.end && !told.hole; at += page.bytes()) {
    const auto found = pages.find(at);
    if (found == pages.end()) {
      told.hole = true;
      continue;
    }
    told.walked.end = at + page.bytes();
    told.grows_down = told.grows_down || found->second.grows_down;
    all = all && found->second.locked;
    if (!found->second.locked) continue;
    if (!told.runs.empty() && told.runs.back().end == at)
      told.runs.back().end = told.walked.end;
    else
      told.runs.push_back({at, told.walked.end});
  }
  told.locked = told.runs.empty() ? KernelWord::Locked::none
                : all             ? KernelWord::Locked::all
                                  : KernelWord::Locked::some;
  if (told.locked != KernelWord::Locked::some) told.runs.clear();
  return told;
}

void SimKernel::act(CallEvent& call, bool lock) {
  const Address start = page.down(call.addr);
  const Address end = start + page.up(call.len + page.offset(call.addr));
  if (end < start) {
    call.ret = -einval;
    return;
  }
  const PageRange range{start, end};
  call.before = word(range);
  bool populated = true;
  if (!refused(call))
    for (const Address at : each_page(range)) {
      const auto found = pages.find(at);
      if (found == pages.end()) {
        call.ret = -enomem;
        break;
      }
      Page& each = found->second;
      if (!each.special && !each.secret) each.locked = lock;
      if (each.no_access || each.secret) populated = false;
      if (lock && each.secret) call.failure = LockFailure{.secret_memory = true};
    }
  if (lock && call.ret == 0 && !populated) call.ret = -enomem;
  if (call.ret == 0) call.failure.reset();
  call.after = word(range);
}

CallEvent SimKernel::mlock(Address addr, std::uint64_t len, Call which) {
  CallEvent call = event(which, addr, len);
  act(call, true);
  return call;
}

CallEvent SimKernel::munlock(Address addr, std::uint64_t len) {
  CallEvent call = event(Call::munlock, addr, len);
  act(call, false);
  return call;
}

CallEvent SimKernel::mlockall(std::uint64_t flags) {
  CallEvent call = event(Call::mlockall, 0, 0);
  call.flags = flags;
  if (refused(call)) return call;
  future = (flags & mcl_future) != 0;
  if ((flags & mcl_current) != 0)
    for (auto& [at, each] : pages)
      if (!each.special && !each.secret) each.locked = true;
  return call;
}

CallEvent SimKernel::munlockall() {
  future = false;
  for (auto& [at, each] : pages)
    if (!each.secret) each.locked = false;
  return event(Call::munlockall, 0, 0);
}

CallEvent SimKernel::mmap(Address addr, std::uint64_t len, std::uint64_t flags, Page kind) {
  CallEvent call = event(Call::mmap, addr, len);
  call.flags = flags;
  if (!refused(call)) {
    kind.locked = kind.secret || (((flags & map_locked) != 0 || future) && !kind.special);
    put(addr, len, kind);
    call.ret = static_cast<std::int64_t>(addr);
  }
  if (call.ret > 0 || (flags & map_fixed) != 0) call.after = word(pages_of(addr, len));
  return call;
}

CallEvent SimKernel::munmap(Address addr, std::uint64_t len) {
  CallEvent call = event(Call::munmap, addr, len);
  if (refused(call)) return call;
  for (const Address at : each_page(pages_of(addr, len))) pages.erase(at);
  return call;
}

PageRange SimKernel::vma_around(Address at) const {
  const auto middle = pages.find(at);
  if (middle == pages.end()) return {at, at};
  PageRange range{at, at + page.bytes()};
  const auto alike = [&](Address other) {
    const auto found = pages.find(other);
    return found != pages.end() && found->second == middle->second;
  };
  while (alike(range.start - page.bytes())) range.start -= page.bytes();
  while (alike(range.end)) range.end += page.bytes();
  return range;
}

void SimKernel::move_until_sealed(CallEvent& call, PageRange old, Address to) {
  call.ret = -eperm;
  const auto sealed = [&](Address at) { return mapped(at) && pages.at(at).sealed; };
  for (Address at = old.start; at < old.end && !sealed(at); at += page.bytes(), to += page.bytes())
    if (const auto node = pages.extract(at)) pages[to] = node.mapped();
}

CallEvent SimKernel::mremap(Address addr, std::uint64_t len, std::uint64_t new_len,
                            std::uint64_t flags, Address to) {
  CallEvent call = event(Call::mremap, addr, len);
  call.flags = flags;
  call.new_len = new_len;
  call.new_addr = (flags & (mremap_fixed | mremap_dontunmap)) != 0 ? to : 0;
  const PageRange old = pages_of(addr, len);
  const PageRange vma = vma_around(addr);
  call.extent = bytes_of(vma);
  const std::vector<Address> from = each_page(old);
  const bool stuck = std::any_of(from.begin(), from.end(),
                                 [&](Address at) { return mapped(at) && pages.at(at).sealed; });
  if (refused(call) || stuck) {
    if (stuck) move_until_sealed(call, old, to);
    if ((flags & mremap_fixed) == 0) return call;
    call.extent = bytes_of(old);
    call.old_after = word(old);
    call.after = word(pages_of(to, new_len));
    return call;
  }
  std::vector<Page> moved;
  for (const Address at : each_page(old)) moved.push_back(pages.at(at));
  if (len == 0) moved.push_back(pages.at(old.start));
  for (const Address at : each_page(old)) {
    if ((flags & mremap_dontunmap) != 0)
      pages[at].locked = false;
    else
      pages.erase(at);
  }
  if ((flags & mremap_dontunmap) != 0 && whole_dontunmap)
    for (const Address at : each_page(vma)) pages[at].locked = false;
  std::size_t number = 0;
  for (const Address at : each_page(pages_of(to, new_len)))
    pages[at] = moved[std::min(number++, moved.size() - 1)];
  call.ret = static_cast<std::int64_t>(to);
  call.after = word(pages_of(to, new_len));
  if ((flags & mremap_dontunmap) != 0) call.old_after = word(vma);
  return call;
}

CallEvent SimKernel::brk(Address end) {
  CallEvent call = event(Call::brk, end, 0);
  call.extent = {heap_end, heap_end};
  const Address old_top = page.up(heap_end);
  const Address new_top = page.up(end);
  for (Address at = old_top; at < new_top; at += page.bytes())
    if (mapped(at)) end = heap_end;
  if (end == heap_end) {
    call.ret = static_cast<std::int64_t>(heap_end);
    return call;
  }
  for (Address at = new_top; at < old_top; at += page.bytes()) pages.erase(at);
  for (Address at = old_top; at < new_top; at += page.bytes()) pages[at] = {.locked = future};
  heap_end = end;
  call.ret = static_cast<std::int64_t>(end);
  if (old_top < new_top) call.after = word({old_top, new_top});
  return call;
}

// kernel/fork.c, dup_mmap(): no VM_LOCKED, no def_flags, and no VMA with VM_DONTCOPY.
std::unique_ptr<SimKernel> SimKernel::fork(SpaceId child) const {
  auto made = std::make_unique<SimKernel>(page, child);
  made->silent = silent;
  made->whole_dontunmap = whole_dontunmap;
  made->heap_end = heap_end;
  for (const auto& [at, each] : pages) {
    if (each.not_forked) continue;
    made->pages[at] = each;
    made->pages[at].locked = false;
  }
  return made;
}

std::uint64_t SimKernel::locked_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [at, each] : pages) bytes += each.locked ? page.bytes() : 0;
  return bytes;
}

std::vector<SnapshotEvent::Mapping> SimKernel::mappings() const {
  std::vector<SnapshotEvent::Mapping> all;
  for (const auto& [at, each] : pages) {
    SnapshotEvent::Mapping next;
    next.pages = {at, at + page.bytes()};
    next.locked = each.locked;
    next.special = each.special;
    next.grows_down = each.grows_down;
    next.shared = each.shared || each.secret;
    next.wiped_on_fork = each.wiped_on_fork;
    if (!all.empty() && are_one(all.back(), next))
      all.back().pages.end = next.pages.end;
    else
      all.push_back(next);
  }
  return all;
}

} // namespace mlockscope::test
