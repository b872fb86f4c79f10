#include "strace/memory_calls.hpp"

#include "model/linux_abi.hpp"
#include "strace/values.hpp"

#include <algorithm>

namespace mlockscope::strace {
namespace {

using model::Call;
using namespace model::linux_abi;

constexpr std::size_t longest_path = 1024;

struct KnownName {
  std::string_view text;
  Known known{};
};

constexpr auto known_names = std::to_array<KnownName>({
    {"mlock", {Name::memory, Call::mlock}},
    {"mlock2", {Name::memory, Call::mlock2}},
    {"munlock", {Name::memory, Call::munlock}},
    {"mlockall", {Name::memory, Call::mlockall}},
    {"munlockall", {Name::memory, Call::munlockall}},
    {"mmap", {Name::memory, Call::mmap}},
    {"mmap2", {Name::memory, Call::mmap}}, // differs in its last argument
    {"old_mmap", {Name::memory, Call::mmap}},
    {"munmap", {Name::memory, Call::munmap}},
    {"mremap", {Name::memory, Call::mremap}},
    {"brk", {Name::memory, Call::brk}},
    {"shmat", {Name::memory, Call::shmat}},
    {"shmdt", {Name::memory, Call::shmdt}},
    {"fork", {Name::fork, {}}},
    {"vfork", {Name::fork, {}}},
    {"clone", {Name::fork, {}}},
    {"clone3", {Name::fork, {}}},
    {"execve", {Name::exec, {}}},
    {"execveat", {Name::exec, {}}},
    {"exit", {Name::exit, {}}},
    {"exit_group", {Name::exit_group, {}}},
    {"madvise", {Name::advise, {}}},
    {"prctl", {Name::rename, {}}},
    {"shmget", {Name::shmget, {}}},
    {"shmctl", {Name::shmctl, {}}},
});

constexpr auto map_words = std::to_array<Word>({{"MAP_SHARED", 1},
                                                {"MAP_PRIVATE", 2},
                                                {"MAP_SHARED_VALIDATE", 3},
                                                {"MAP_DROPPABLE", 8},
                                                {"MAP_FIXED", map_fixed},
                                                {"MAP_ANONYMOUS", 0x20},
                                                {"MAP_GROWSDOWN", 0x100},
                                                {"MAP_LOCKED", map_locked},
                                                {"MAP_NORESERVE", 0x4000},
                                                {"MAP_POPULATE", 0x8000},
                                                {"MAP_STACK", 0x20000},
                                                {"MAP_HUGETLB", 0x40000},
                                                {"MAP_FIXED_NOREPLACE", map_fixed_noreplace}});
constexpr auto lock_words = std::to_array<Word>({{"MLOCK_ONFAULT", 1}});
constexpr auto lockall_words = std::to_array<Word>(
    {{"MCL_CURRENT", mcl_current}, {"MCL_FUTURE", mcl_future}, {"MCL_ONFAULT", 4}});
constexpr auto remap_words = std::to_array<Word>({{"MREMAP_MAYMOVE", 1},
                                                  {"MREMAP_FIXED", mremap_fixed},
                                                  {"MREMAP_DONTUNMAP", mremap_dontunmap}});
constexpr auto shm_words = std::to_array<Word>(
    {{"SHM_RDONLY", 010000}, {"SHM_RND", 020000}, {"SHM_REMAP", shm_remap}, {"SHM_EXEC", 0100000}});
// include/uapi/linux/sched.h
constexpr std::uint64_t clone_vm = 0x100;
constexpr std::uint64_t clone_thread = 0x10000;
constexpr auto clone_words =
    std::to_array<Word>({{"CLONE_VM", clone_vm}, {"CLONE_THREAD", clone_thread}});
// include/uapi/linux/prctl.h
constexpr std::uint64_t pr_set_name = 15;
constexpr auto prctl_words = std::to_array<Word>({{"PR_SET_NAME", pr_set_name}});
// include/uapi/asm-generic/mman-common.h
constexpr auto advice_words = std::to_array<Word>(
    {{"MADV_DONTFORK", 10}, {"MADV_DOFORK", 11}, {"MADV_WIPEONFORK", 18}, {"MADV_KEEPONFORK", 19}});

/// Reads arguments and remembers whether all of them could be.
struct Reader {
  const CallText& call;
  bool sound = true;

  std::uint64_t number(std::size_t n) { return checked(read_number(call[n])); }
  template <std::size_t N> std::uint64_t flags(std::size_t n, const std::array<Word, N>& words) {
    return checked(read_flags(call[n], words));
  }

private:
  std::uint64_t checked(std::optional<std::uint64_t> value) {
    sound = sound && value.has_value();
    return value.value_or(0);
  }
};

} // namespace

Known known_call(std::string_view name) {
  const auto found = std::find_if(known_names.begin(), known_names.end(),
                                  [&](const KnownName& each) { return each.text == name; });
  return found == known_names.end() ? Known{} : found->known;
}

bool read_arguments(const CallText& text, model::CallEvent& event) {
  Reader read{text};
  switch (event.call) {
  case Call::mlock:
  case Call::munlock:
  case Call::munmap:
  case Call::mlock2:
    event.addr = read.number(0);
    event.len = read.number(1);
    if (event.call == Call::mlock2) event.flags = read.flags(2, lock_words);
    break;
  case Call::mlockall:
    event.flags = read.flags(0, lockall_words);
    break;
  case Call::mmap:
    event.addr = read.number(0);
    event.len = read.number(1);
    event.flags = read.flags(3, map_words);
    break;
  case Call::mremap:
    event.addr = read.number(0);
    event.len = read.number(1);
    event.new_len = read.number(2);
    event.flags = read.flags(3, remap_words);
    if ((event.flags & (mremap_fixed | mremap_dontunmap)) != 0) event.new_addr = read.number(4);
    break;
  case Call::brk:
  case Call::shmdt:
    event.addr = read.number(0);
    break;
  case Call::shmat:
    event.addr = read.number(1);
    event.flags = read.flags(2, shm_words);
    break;
  case Call::munlockall:
  case Call::fork:
    break;
  }
  return read.sound;
}

std::optional<CloneFlags> read_clone(std::string_view name, std::string_view arguments) {
  if (name == "fork") return CloneFlags{};
  if (name == "vfork") return CloneFlags{.memory = true};
  std::string_view text = field(arguments, "flags");
  // -e raw=clone: the flags are the first argument. Of clone3 only an address is left then.
  if (text.empty() && name == "clone")
    text = trimmed(arguments.substr(0, arguments.find_first_of(",)")));
  const auto flags = read_flags(text, clone_words);
  if (!flags) return std::nullopt;
  return CloneFlags{(*flags & clone_vm) != 0, (*flags & clone_thread) != 0};
}

std::uint64_t read_advice(std::string_view argument) {
  return read_flags(argument, advice_words).value_or(0);
}

std::optional<std::string> read_executable(std::string_view name, const CallText& call) {
  return read_string(call[name == "execveat" ? 1 : 0], longest_path);
}

std::optional<std::string> read_new_name(const CallText& call) {
  if (read_flags(call[0], prctl_words) != pr_set_name) return std::nullopt;
  return read_string(call[1], longest_path);
}

model::Comm comm_of_name(std::string_view name) {
  model::Comm comm;
  std::copy_n(name.begin(), std::min(name.size(), comm.bytes.size() - 1), comm.bytes.begin());
  return comm;
}

model::Comm comm_of_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return comm_of_name(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

} // namespace mlockscope::strace
