// The world failed: an Error says what was tried, on what, why it did not work, and what helps.
// Our own mistakes are asserted instead.
#pragma once

#include <cassert>
#include <cstring>
#include <string>
#include <utility>
#include <variant>

namespace mlockscope::util {

struct Error {
  std::string what; ///< operation and object, "cannot open /proc/7/maps"
  std::string why;  ///< the cause; may be empty
  std::string hint; ///< what the reader can do; may be empty

  /// One line: "what: why; hint".
  [[nodiscard]] std::string message() const {
    return what + (why.empty() ? "" : ": " + why) + (hint.empty() ? "" : "; " + hint);
  }
};

/// An Error with the text of `error_number` (an errno) as its cause.
[[nodiscard]] inline Error system_error(std::string what, int error_number, std::string hint = {}) {
  return {std::move(what), std::strerror(error_number), std::move(hint)};
}

/// Either a value or the reason there is none.
template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() {
    assert(ok());
    return std::get<0>(state_);
  }
  const T& value() const {
    assert(ok());
    return std::get<0>(state_);
  }
  T take() {
    assert(ok());
    return std::move(std::get<0>(state_));
  }
  const Error& error() const {
    assert(!ok());
    return std::get<1>(state_);
  }

private:
  std::variant<T, Error> state_;
};

/// A Result without a value.
using Status = Result<std::monostate>;
inline Status success() { return std::monostate{}; }

} // namespace mlockscope::util
