// What resolver, broker and helper say to each other.
//
// All three are one program, so numbers are in the machine's own byte order and there is no
// version. The helper may have been taken over: what comes from it is read with the same care as
// what comes from a traced process.
#pragma once

#include "model/stack.hpp"
#include "symbols/resolver.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace mlockscope::symbols {

inline constexpr std::size_t most_frames = 64;
inline constexpr std::size_t most_addresses = 256;
inline constexpr std::size_t most_copied = std::size_t{256} << 10; ///< bytes of stack
inline constexpr std::size_t most_symbol = 512;                    ///< bytes of a name
inline constexpr std::size_t most_path = 4096;
inline constexpr std::size_t most_build_id = 64;
/// Of one message between broker and helper, bytes: a full stack of the longest names fits.
inline constexpr std::size_t most_message = std::size_t{2} << 20;

enum class Kind : std::uint8_t {
  // resolver to broker
  describe, ///< space, version, pid, mappings
  forget,   ///< space
  request,  ///< number, space, version, addresses, copy
  // broker to resolver
  answer, ///< number, three counters, stack
  // broker to helper
  work,  ///< number of the code, addresses, copy
  reply, ///< to an ask: yes or no, id of the file, text
  // helper to broker
  ask,  ///< what, number of the code, index of a mapping, attempt, text
  done, ///< stack
};

/// What the helper cannot get by itself.
enum class Ask : std::uint8_t {
  code,       ///< the mappings of a code, as text of the reply
  file,       ///< of mapping `index`
  build_id,   ///< a debug file by the build id that is the text
  debug_link, ///< a debug file by its name, for mapping `index`
  perf_map,   ///< of the process
};
/// `attempt` counts the places where a debug file can be, from 0 to here.
inline constexpr std::uint32_t debug_places = 6;

/// Appends values to a message.
class Writer {
public:
  Writer() = default;
  explicit Writer(Kind kind) { number(static_cast<std::uint8_t>(kind)); }
  template <class T> void number(T value) {
    static_assert(std::is_integral_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
  std::string bytes_;
};

/// Takes values off a message. After one that is not there, ok() is false and all are 0 or empty.
class Reader {
public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T> T number() {
    static_assert(std::is_integral_v<T>);
    const std::string_view taken = take(sizeof(T));
    T value{};
    if (ok_) std::memcpy(&value, taken.data(), sizeof(T));
    return value;
  }
  std::string_view text(std::size_t most) {
    const auto size = number<std::uint32_t>();
    if (size > most) ok_ = false;
    return take(size);
  }
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }

private:
  std::string_view take(std::size_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool ok_ = true;
};

[[nodiscard]] inline Kind kind_of(Reader& reader) {
  return static_cast<Kind>(reader.number<std::uint8_t>());
}

/// The part of a request that the helper needs, too: addresses and copy, cut to their bounds.
void put_place(Writer& writer, const std::vector<model::Address>& addresses,
               const std::optional<model::StackCopy>& copy);
void get_place(Reader& reader, std::vector<model::Address>& addresses,
               std::optional<model::StackCopy>& copy);

/// A stack, its texts and its length cut to their bounds.
void put_stack(Writer& writer, const model::Stack& stack);
/// Fails the reader if anything exceeds its bound.
[[nodiscard]] model::Stack get_stack(Reader& reader);

} // namespace mlockscope::symbols
