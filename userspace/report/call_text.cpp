#include "report/call_text.hpp"

#include "model/words.hpp"
#include "report/text.hpp"

#include <span>
#include <sys/mman.h>
#include <sys/shm.h>

namespace mlockscope::report {
namespace {

using model::Call;

struct Flag {
  std::uint64_t value;
  const char* name;
};

// Numbers where a libc of some year may not have the name: include/uapi/linux/mman.h.
constexpr Flag lock_all[]{
    {MCL_CURRENT, "MCL_CURRENT"}, {MCL_FUTURE, "MCL_FUTURE"}, {4, "MCL_ONFAULT"}};
constexpr Flag lock_two[]{{1, "MLOCK_ONFAULT"}};
constexpr Flag remap[]{{1, "MREMAP_MAYMOVE"}, {2, "MREMAP_FIXED"}, {4, "MREMAP_DONTUNMAP"}};
constexpr Flag attach[]{{SHM_RDONLY, "SHM_RDONLY"},
                        {SHM_RND, "SHM_RND"},
                        {SHM_REMAP, "SHM_REMAP"},
                        {SHM_EXEC, "SHM_EXEC"}};
// MAP_SHARED_VALIDATE is both of its neighbours' bits, so it stands before them.
constexpr Flag map[]{{3, "MAP_SHARED_VALIDATE"},
                     {MAP_SHARED, "MAP_SHARED"},
                     {MAP_PRIVATE, "MAP_PRIVATE"},
                     {MAP_FIXED, "MAP_FIXED"},
                     {0x100000, "MAP_FIXED_NOREPLACE"},
                     {MAP_ANONYMOUS, "MAP_ANONYMOUS"},
                     {MAP_GROWSDOWN, "MAP_GROWSDOWN"},
                     {MAP_DENYWRITE, "MAP_DENYWRITE"},
                     {MAP_LOCKED, "MAP_LOCKED"},
                     {MAP_NORESERVE, "MAP_NORESERVE"},
                     {MAP_POPULATE, "MAP_POPULATE"},
                     {MAP_NONBLOCK, "MAP_NONBLOCK"},
                     {MAP_STACK, "MAP_STACK"},
                     {MAP_HUGETLB, "MAP_HUGETLB"},
                     {0x80000, "MAP_SYNC"}};

std::span<const Flag> flags_of(Call call) {
  if (call == Call::mlockall) return lock_all;
  if (call == Call::mlock2) return lock_two;
  if (call == Call::mremap) return remap;
  if (call == Call::shmat) return attach;
  return map;
}

void append(std::string& list, const std::string& item, const char* separator) {
  if (!list.empty()) list += separator;
  list += item;
}

} // namespace

bool has_address(Call call) {
  return call != Call::mlockall && call != Call::munlockall && call != Call::fork;
}

bool has_length(Call call) {
  return has_address(call) && call != Call::brk && call != Call::shmat && call != Call::shmdt;
}

bool has_flags(Call call) {
  return call == Call::mlockall || call == Call::mlock2 || call == Call::mmap ||
         call == Call::mremap || call == Call::shmat;
}

std::string flag_words(Call call, std::uint64_t flags) {
  std::string words;
  for (const Flag flag : flags_of(call)) {
    if ((flags & flag.value) != flag.value) continue;
    append(words, flag.name, "|");
    flags &= ~flag.value;
  }
  if (flags != 0 || words.empty()) append(words, flags == 0 ? "0" : hex(flags), "|");
  return words;
}

std::string length_text(std::uint64_t len) {
  return len == UINT64_MAX ? "SIZE_MAX" : std::to_string(len);
}

std::string call_text(Call call, model::Address addr, std::uint64_t len, std::uint64_t flags) {
  std::string arguments;
  if (has_address(call)) append(arguments, addr == 0 ? "NULL" : hex(addr), ", ");
  if (has_length(call)) append(arguments, length_text(len), ", ");
  if (has_flags(call)) append(arguments, flag_words(call, flags), ", ");
  return std::string(word(call)) + "(" + arguments + ")";
}

std::string call_text(const model::CallSite& site) {
  return call_text(site.call, site.addr, site.len, site.flags);
}

} // namespace mlockscope::report
