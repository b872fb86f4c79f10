#include "strace/copies.hpp"

#include "model/linux_abi.hpp"
#include "model/request.hpp"

namespace mlockscope::strace {
namespace {

using namespace model::linux_abi;
using model::Address;
using model::Call;
using model::PageRange;
using model::PageSize;

// include/uapi/asm-generic/mman-common.h
constexpr std::uint64_t map_shared = 1;
constexpr std::uint64_t map_shared_validate = 3;
constexpr std::uint64_t map_type = 0xf;
constexpr std::uint64_t madv_dontfork = 10;
constexpr std::uint64_t madv_dofork = 11;
constexpr std::uint64_t madv_wipeonfork = 18;
constexpr std::uint64_t madv_keeponfork = 19;

PageRange everything(PageSize page) { return {0, Address{0} - page.bytes()}; }

PageRange pages_at(PageSize page, Address at, std::uint64_t len) {
  const auto bytes = model::byte_range(at, len);
  return bytes ? page.around(*bytes) : PageRange{};
}

bool is_shared(std::uint64_t flags) {
  return (flags & map_type) == map_shared || (flags & map_type) == map_shared_validate;
}

} // namespace

void Copies::map(PageRange range, bool locked, bool shared) {
  unmap(range);
  if (locked || future_) held_.add(range);
  if (shared) shared_.add(range);
}

void Copies::unmap(PageRange range) {
  for (PageSet* set : {&shared_, &not_forked_, &wiped_, &held_, &missing_}) set->remove(range);
}

/// What was locked at the old place is at the new one, and growth follows it (mm/mremap.c).
void Copies::remap(const model::CallEvent& event, PageSize page) {
  const PageRange old = pages_at(page, event.addr, event.len);
  const PageRange fresh = pages_at(page, static_cast<Address>(event.ret), event.new_len);
  const bool held = held_.meets(old);
  const PageRange kept{old.start, old.start + std::min(old.size(), fresh.size())};
  if (old.start != fresh.start)
    for (PageSet* set : {&shared_, &not_forked_, &wiped_, &missing_}) set->move(kept, fresh.start);
  if (fresh.size() < old.size()) unmap({kept.end, old.end});
  if (held) held_.add(fresh);
}

void Copies::lock_all(const model::CallEvent& event, PageSize page) {
  if (event.overlapped) doubt();
  future_ = event.call == Call::mlockall && (event.flags & mcl_future) != 0;
  if (event.call == Call::munlockall)
    held_.clear();
  else if ((event.flags & mcl_current) != 0)
    held_.add(everything(page));
}

void Copies::follow(const model::CallEvent& event, PageSize page) {
  const bool done = !failed(event.ret);
  const auto result = static_cast<Address>(event.ret);
  switch (event.call) {
  case Call::mlock:
  case Call::mlock2: // one that failed may have locked something
    held_.add(model::applied_pages(page, event.addr, event.len).value_or(PageRange{}));
    break;
  case Call::munlock:
    if (done && !event.overlapped)
      held_.remove(model::applied_pages(page, event.addr, event.len).value_or(PageRange{}));
    break;
  case Call::mlockall:
  case Call::munlockall:
    if (done) lock_all(event, page);
    break;
  case Call::mmap:
    if (done)
      map(pages_at(page, result, event.len), (event.flags & map_locked) != 0,
          is_shared(event.flags));
    break;
  case Call::munmap:
    if (done && !event.overlapped) unmap(pages_at(page, event.addr, event.len));
    break;
  case Call::mremap:
    if (done)
      remap(event, page);
    else if ((event.flags & mremap_fixed) != 0)
      doubt();
    break;
  case Call::brk: {
    const Address old_end = page.up(event.extent.start), new_end = page.up(result);
    if (old_end < new_end)
      map({old_end, new_end}, false, false);
    else if (!event.overlapped)
      unmap({new_end, old_end});
    break;
  }
  case Call::shmat: // shared memory of unknown length would look like copies
    if (done && event.extent.empty())
      doubt();
    else if (done)
      map(page.around(event.extent), false, true);
    break;
  case Call::shmdt:
    if (done && !event.overlapped) unmap(page.around(event.extent));
    break;
  case Call::fork:
    break;
  }
}

void Copies::advise(std::uint64_t advice, PageRange range) {
  if (advice == madv_dontfork) not_forked_.add(range);
  if (advice == madv_dofork) not_forked_.remove(range);
  if (advice == madv_wipeonfork) wiped_.add(range);
  if (advice == madv_keeponfork) wiped_.remove(range);
}

// kernel/fork.c, dup_mmap(): nothing is locked in a child, and VM_WIPEONFORK goes on.
Copies Copies::in_child() const {
  Copies child;
  child.shared_ = shared_;
  child.wiped_ = wiped_;
  child.missing_ = missing_;
  for (const PageSet* set : {&not_forked_, &wiped_})
    for (const PageRange& run : set->runs()) child.missing_.add(run);
  for (const PageSet* set : {&shared_, &not_forked_, &wiped_, &missing_})
    if (set->full()) child.doubt();
  child.doubtful_ = child.doubtful_ || doubtful_;
  return child;
}

bool Copies::known() const {
  for (const PageSet* set : {&shared_, &held_, &missing_})
    if (set->full()) return false;
  return !doubtful_;
}

std::vector<model::SnapshotEvent::Mapping> Copies::mappings(PageSize page) const {
  const PageRange all = everything(page);
  std::vector<Address> edges{all.start, all.end};
  for (const PageSet* set : {&shared_, &held_, &missing_})
    for (const PageRange& run : set->runs()) {
      edges.push_back(std::min(run.start, all.end));
      edges.push_back(std::min(run.end, all.end));
    }
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<model::SnapshotEvent::Mapping> list;
  for (std::size_t n = 1; n < edges.size(); ++n) {
    const Address at = edges[n - 1];
    list.push_back({.pages = {at, edges[n]},
                    .special = held_.contains(at),
                    .shared = shared_.contains(at),
                    .wiped_on_fork = missing_.contains(at)});
  }
  return list;
}

std::size_t Copies::size() const {
  std::size_t runs = 0;
  for (const PageSet* set : {&shared_, &not_forked_, &wiped_, &held_, &missing_})
    runs += set->runs().size();
  return runs;
}

} // namespace mlockscope::strace
