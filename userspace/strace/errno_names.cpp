// The errors that the calls of interest return, by the names strace prints, as Linux numbers them
// on x86-64 and arm64 (include/uapi/asm-generic/errno-base.h, errno.h, include/linux/errno.h).
#include "strace/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mlockscope::strace {
namespace {

struct Name {
  std::string_view text;
  std::int64_t number = 0;
};

constexpr auto names = std::to_array<Name>({
    {"EPERM", 1},
    {"ENOENT", 2},
    {"ESRCH", 3},
    {"EINTR", 4},
    {"EIO", 5},
    {"ENXIO", 6},
    {"E2BIG", 7},
    {"ENOEXEC", 8},
    {"EBADF", 9},
    {"ECHILD", 10},
    {"EAGAIN", 11},
    {"ENOMEM", 12},
    {"EACCES", 13},
    {"EFAULT", 14},
    {"ENOTBLK", 15},
    {"EBUSY", 16},
    {"EEXIST", 17},
    {"EXDEV", 18},
    {"ENODEV", 19},
    {"ENOTDIR", 20},
    {"EISDIR", 21},
    {"EINVAL", 22},
    {"ENFILE", 23},
    {"EMFILE", 24},
    {"ENOTTY", 25},
    {"ETXTBSY", 26},
    {"EFBIG", 27},
    {"ENOSPC", 28},
    {"ESPIPE", 29},
    {"EROFS", 30},
    {"EMLINK", 31},
    {"EPIPE", 32},
    {"EDOM", 33},
    {"ERANGE", 34},
    {"EDEADLK", 35},
    {"ENAMETOOLONG", 36},
    {"ENOLCK", 37},
    {"ENOSYS", 38},
    {"ENOTEMPTY", 39},
    {"ELOOP", 40},
    {"EIDRM", 43},
    {"ENODATA", 61},
    {"EOVERFLOW", 75},
    {"ELIBBAD", 80},
    {"EUSERS", 87},
    {"EOPNOTSUPP", 95},
    {"ENOBUFS", 105},
    {"ESTALE", 116},
    {"EDQUOT", 122},
    {"EHWPOISON", 133},
    {"ERESTARTSYS", 512},
    {"ERESTARTNOINTR", 513},
    {"ERESTARTNOHAND", 514},
    {"ERESTART_RESTARTBLOCK", 516},
});

} // namespace

std::optional<std::int64_t> errno_of(std::string_view name) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const Name& each) { return each.text == name; });
  if (found != names.end()) return found->number;
  // A number for which strace has no name: "ERRNO_517", "(errno 517)".
  if (!take(name, "ERRNO_") && !take(name, "(errno ")) return std::nullopt;
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || number <= 0 || number > 4095) return std::nullopt;
  return number;
}

} // namespace mlockscope::strace
