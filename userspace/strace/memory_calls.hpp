// The calls that a log is read for, and what their arguments mean.
#pragma once

#include "model/event.hpp"
#include "strace/line_text.hpp"

namespace mlockscope::strace {

/// What a call is to us.
enum class Name : std::uint8_t {
  memory, ///< one of model::Call
  fork,   ///< fork, vfork, clone, clone3
  exec,
  exit,
  exit_group,
  advise, ///< madvise
  rename, ///< prctl(PR_SET_NAME)
  shmget,
  shmctl,
  other
};

struct Known {
  Name name = Name::other;
  model::Call call{}; ///< of Name::memory
};
[[nodiscard]] Known known_call(std::string_view name);

/// Fills in the arguments as the system call has them; `ret` must be there already. False if one of
/// them cannot be read. `extent` is the caller's business: a line does not tell it.
[[nodiscard]] bool read_arguments(const CallText&, model::CallEvent&);

/// Flags of clone that matter here.
struct CloneFlags {
  bool memory = false; ///< CLONE_VM: the address space is shared
  bool thread = false; ///< CLONE_THREAD
};
/// `name` is that of the call, `arguments` what stands behind its bracket, whole or as far as it
/// was printed. Nothing if they do not tell.
[[nodiscard]] std::optional<CloneFlags> read_clone(std::string_view name,
                                                   std::string_view arguments);

/// What madvise says of forks, as its number, or 0.
[[nodiscard]] std::uint64_t read_advice(std::string_view argument);

/// The file name that execve or execveat gives, as bytes, cut where it is very long.
[[nodiscard]] std::optional<std::string> read_executable(std::string_view name, const CallText&);

/// The name in prctl(PR_SET_NAME, "name").
[[nodiscard]] std::optional<std::string> read_new_name(const CallText&);

/// What the kernel keeps of a name: TASK_COMM_LEN - 1 bytes; and of a program's path.
[[nodiscard]] model::Comm comm_of_name(std::string_view name);
[[nodiscard]] model::Comm comm_of_path(std::string_view path);

} // namespace mlockscope::strace
