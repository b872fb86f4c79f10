// Linux's rules for locked pages, simulated page by page: one address space, and for every call the
// event that the probes would send. Written from mm/mlock.c, mm/mmap.c, mm/mremap.c and
// kernel/fork.c of 6.12 and from what 6.18 was seen to do, so that tests can speak in calls and not
// in events.
#pragma once

#include "model/event.hpp"

#include <map>
#include <memory>
#include <utility>

namespace mlockscope::test {

using namespace model;

class SimKernel {
public:
  struct Page {
    bool locked = false;
    bool special = false; ///< skipped by mlock: hugetlb, PFN map, vdso
    bool secret = false;  ///< memfd_secret
    bool no_access = false;
    bool grows_down = false;
    bool sealed = false;        ///< mseal: cannot be moved
    bool shared = false;        ///< MAP_SHARED; memfd_secret is that, too
    bool wiped_on_fork = false; ///< MADV_WIPEONFORK
    bool not_forked = false;    ///< MADV_DONTFORK
    bool operator==(const Page&) const = default;
  };

  SimKernel(PageSize page_size, SpaceId space) : page(page_size), id(space) {}

  const PageSize page;
  const SpaceId id;
  bool silent = false;          ///< the words on VM_LOCKED cannot be read
  bool whole_dontunmap = false; ///< MREMAP_DONTUNMAP unlocks the whole old VMA, as on 6.18
  std::int64_t refuse = 0;      ///< the next call fails with this errno before it does anything
  bool future = false;
  Address heap_end = 0;
  std::map<Address, Page> pages;

  /// Maps without a call, as before the tracing.
  void put(Address at, std::uint64_t len, Page kind) {
    for (const Address each : each_page(pages_of(at, len))) pages[each] = kind;
  }
  void put(Address at, std::uint64_t len) { put(at, len, Page{}); }

  CallEvent mlock(Address addr, std::uint64_t len, Call call = Call::mlock);
  CallEvent munlock(Address addr, std::uint64_t len);
  CallEvent mlockall(std::uint64_t flags);
  CallEvent munlockall();
  /// Maps at `addr`, on top of what is there.
  CallEvent mmap(Address addr, std::uint64_t len, std::uint64_t flags, Page kind);
  CallEvent munmap(Address addr, std::uint64_t len);
  /// `to` is where the kernel puts it; the same address: in place. A move stops at the first
  /// mapping that is sealed, as from 6.17 on, and fails.
  CallEvent mremap(Address addr, std::uint64_t len, std::uint64_t new_len, std::uint64_t flags,
                   Address to);
  CallEvent brk(Address end);
  /// The address space of a child.
  [[nodiscard]] std::unique_ptr<SimKernel> fork(SpaceId child) const;

  [[nodiscard]] bool mapped(Address at) const { return pages.contains(page.down(at)); }
  [[nodiscard]] bool locked(Address at) const {
    const auto found = pages.find(page.down(at));
    return found != pages.end() && found->second.locked;
  }
  [[nodiscard]] std::uint64_t locked_bytes() const;
  [[nodiscard]] KernelWord word(PageRange range) const;
  [[nodiscard]] std::vector<SnapshotEvent::Mapping> mappings() const;
  [[nodiscard]] PageRange pages_of(Address at, std::uint64_t len) const {
    return {page.down(at), page.up(at + len)};
  }
  [[nodiscard]] std::vector<Address> each_page(PageRange range) const {
    std::vector<Address> all;
    for (Address at = range.start; at < range.end; at += page.bytes()) all.push_back(at);
    return all;
  }

private:
  CallEvent event(Call, Address addr, std::uint64_t len);
  void act(CallEvent&, bool lock);
  [[nodiscard]] PageRange vma_around(Address) const;
  void move_until_sealed(CallEvent&, PageRange old, Address to);
  bool refused(CallEvent& call) {
    call.ret = -refuse;
    return std::exchange(refuse, 0) != 0;
  }
};

} // namespace mlockscope::test
