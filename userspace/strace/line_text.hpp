// The parts of one line of strace's output, as text: who and when, what kind of line it is, and of
// a call its name, its arguments and its result. What the parts say is read in values.hpp.
#pragma once

#include "strace/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mlockscope::strace {

/// What a line begins with.
struct Prefix {
  std::optional<std::uint32_t> tid; ///< "123 " of -o, "[pid 123] " of the terminal
  std::string_view comm;            ///< "123<name> " of -Y, with strace's escapes; else empty
  Stamp stamp;
  std::string_view body; ///< all the rest
};
[[nodiscard]] Prefix read_prefix(std::string_view line);

/// What a line tells.
struct Body {
  enum class Kind : std::uint8_t {
    call,       ///< "mlock(0x1000, 32) = 0": `name`, and `text` is all of it
    begun,      ///< "mlock(0x1000, 32 <unfinished ...>": the same, without the mark
    resumed,    ///< "<... mlock resumed>) = 0": `text` is what comes behind the mark
    ended,      ///< "+++ exited with 0 +++", "+++ killed by SIGKILL +++"
    superseded, ///< "+++ superseded by execve in pid 123 +++": `tid` is the other one
    attached,   ///< "strace: Process 123 attached": `tid`; `text` is what stood before it
    passed,     ///< of strace, and of no interest: signals, stacks, messages
    other,      ///< not of strace
  };
  Kind kind = Kind::other;
  std::string_view name{};
  std::string_view text{};
  std::uint32_t tid = 0;
};
[[nodiscard]] Body read_body(std::string_view body);

/// A whole call.
struct CallText {
  static constexpr std::size_t most_arguments = 8;
  std::array<std::string_view, most_arguments> arguments;
  std::size_t count = 0;
  std::string_view result; ///< behind "= "

  /// The argument as text; empty if there are fewer.
  [[nodiscard]] std::string_view operator[](std::size_t n) const {
    return n < count ? arguments[n] : std::string_view();
  }
};
/// Nothing if brackets or quotes do not match, or there is no result. Arguments beyond the eighth
/// are left out.
[[nodiscard]] std::optional<CallText> read_call(std::string_view text);

/// The value of a field "name=value" of a structure or of named arguments; empty if there is none.
[[nodiscard]] std::string_view field(std::string_view text, std::string_view name);

struct Outcome {
  enum class Kind : std::uint8_t {
    value,  ///< `value`, as the kernel returned it: -errno for an error
    unknown ///< "?": the process ended in the call
  };
  Kind kind = Kind::value;
  std::int64_t value = 0;
  std::uint64_t duration = 0; ///< of -T, nanoseconds; 0 if it is not told
};
[[nodiscard]] std::optional<Outcome> read_outcome(std::string_view result);

} // namespace mlockscope::strace
