#include "model/words.hpp"

namespace mlockscope::model {
namespace {

/// Indexed by the enumerator, in the order of its declaration.
template <std::size_t N, class Enum>
std::string_view pick(const std::array<std::string_view, N>& words, Enum value) {
  const auto at = static_cast<std::size_t>(value);
  assert(at < N);
  return words[at];
}

} // namespace

std::string_view word(Call value) {
  return pick(std::to_array<std::string_view>({"mlock", "mlock2", "munlock", "mlockall",
                                               "munlockall", "mmap", "munmap", "mremap", "brk",
                                               "shmat", "shmdt", "fork"}),
              value);
}

std::string_view word(Kind value) {
  return pick(std::to_array<std::string_view>({"spill", "self-spill", "nested", "stacked",
                                               "lockall-hole", "lock-failed", "fork", "swapped"}),
              value);
}

std::string_view word(Severity value) {
  return pick(std::to_array<std::string_view>({"low", "medium", "high", "critical"}), value);
}

std::string_view word(Confidence value) {
  return pick(std::to_array<std::string_view>({"possible", "modelled", "verified"}), value);
}

std::string_view word(Closed value) {
  return pick(std::to_array<std::string_view>(
                  {"relocked", "released", "unmapped", "unlocked-all", "ended", "open"}),
              value);
}

std::string_view word(KernelWord::Locked value) {
  return pick(std::to_array<std::string_view>({"unknown", "none", "all", "some"}), value);
}

} // namespace mlockscope::model
