// mlock(2) uses three errnos for many causes: ENOMEM is the limit, a hole, a page that cannot be
// made, and too many mappings; EPERM a limit of zero (mm/mlock.c, do_mlock and can_do_mlock);
// EAGAIN the limit for mmap(MAP_LOCKED) (mm/mmap.c, mlock_future_ok), otherwise a page that could
// not be read in. The limit and the locked size of that moment tell them apart.
#include "report/lock_failure.hpp"

#include "report/text.hpp"

#include <cerrno>
#include <fmt/format.h>

namespace mlockscope::report {
namespace {

std::string limit_text(std::uint64_t limit) {
  return limit == UINT64_MAX ? "unlimited" : size_words(limit);
}

bool over_limit(const model::Finding& finding, model::PageSize page) {
  const model::LockFailure& failure = *finding.failure;
  if (failure.cap_ipc_lock || failure.limit_soft == UINT64_MAX) return false;
  // mlockall counts every mapping, and how much that is the evidence does not say.
  if (finding.call.call == model::Call::mlockall) return true;
  const std::uint64_t asked = page.up(finding.call.len + page.offset(finding.call.addr));
  const std::uint64_t limit = page.down(failure.limit_soft);
  return failure.locked_bytes >= limit || asked > limit - failure.locked_bytes;
}

} // namespace

FailureCause cause_of(const model::Finding& finding, model::PageSize page) {
  const int number = errno_of(finding.call.ret);
  if (number == EINVAL || number == EEXIST) return FailureCause::arguments;
  if (number == EPERM) return FailureCause::forbidden;
  if (number != ENOMEM && number != EAGAIN) return FailureCause::unknown;
  if (!finding.failure) return FailureCause::unknown;
  return over_limit(finding, page) ? FailureCause::limit : FailureCause::memory;
}

std::string evidence_text(const model::LockFailure& failure) {
  return fmt::format("RLIMIT_MEMLOCK was {} (hard limit {}), {} locked, {}CAP_IPC_LOCK.",
                     limit_text(failure.limit_soft), limit_text(failure.limit_hard),
                     size_words(failure.locked_bytes), failure.cap_ipc_lock ? "" : "no ");
}

std::string_view cause_text(FailureCause cause) {
  switch (cause) {
  case FailureCause::arguments:
    return "The arguments of the call were wrong.";
  case FailureCause::forbidden:
    return "The process may not lock any memory at all.";
  case FailureCause::limit:
    return "The limit left no room for it.";
  case FailureCause::memory:
    return "The limit was not the reason: a part of the range is not mapped, cannot be read in "
           "(PROT_NONE, past the end of a file), or the process has too many mappings "
           "(vm.max_map_count).";
  case FailureCause::unknown:
    return "";
  }
  return "";
}

// mm/mlock.c: VM_LOCKED is set on the whole range before its pages are read in, and stays if they
// cannot be.
std::string_view outcome_text(FailureCause cause, const model::Finding& finding) {
  using enum model::KernelWord::Locked;
  if (finding.locked_after == all && cause == FailureCause::memory)
    return "The range is locked, but not all of it could be read in (PROT_NONE, past the end of a "
           "file).";
  if (finding.locked_after == all) return "The range is locked all the same.";
  if (finding.call.call == model::Call::mmap || cause == FailureCause::arguments) return "";
  if (finding.locked_after == some)
    return "The range is locked in part. The rest works like any memory, and can be written to "
           "swap.";
  return "What is not locked works like any memory, and can be written to swap.";
}

std::string help_text(FailureCause cause, const model::Finding& finding) {
  if (cause != FailureCause::limit && cause != FailureCause::forbidden) return "";
  std::string text = "raise the limit: `ulimit -l` in a shell, LimitMEMLOCK= in a systemd unit, "
                     "`--ulimit memlock=` of docker and podman; or grant CAP_IPC_LOCK.";
  if (finding.failure && finding.failure->limit_soft < finding.failure->limit_hard)
    text += " The program itself may raise its soft limit up to the hard one: setrlimit(2).";
  return text;
}

} // namespace mlockscope::report
