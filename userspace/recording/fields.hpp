// The fields of a protocol buffers message, one after the other, without taking them apart:
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstdint>
#include <string_view>

namespace mlockscope::recording {

class Fields {
public:
  struct Field {
    std::uint64_t number = 0;
    bool message = false;     ///< or another one that has a length: `content` is set
    std::string_view content; ///< refers to the bytes given
  };

  Fields() = default;
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  /// False at the end, and where the bytes are no field: damaged() tells the two apart.
  [[nodiscard]] bool next(Field& field) {
    std::uint64_t tag = 0, number = 0;
    if (rest_.empty() || damaged_) return false;
    if (!varint(tag) || tag >> 3 == 0) return damage();
    field = {tag >> 3, false, {}};
    switch (tag & 7) {
    case 0: // VARINT
      return varint(number) || damage();
    case 1: // I64
      return skip(8) || damage();
    case 2: // LEN
      if (!varint(number) || number > rest_.size()) return damage();
      field.message = true;
      field.content = rest_.substr(0, number);
      return skip(number);
    case 5: // I32
      return skip(4) || damage();
    default: // groups are of a past that knew no recordings
      return damage();
    }
  }
  [[nodiscard]] bool damaged() const { return damaged_; }

private:
  bool damage() {
    damaged_ = true;
    return false;
  }
  bool skip(std::uint64_t bytes) {
    if (bytes > rest_.size()) return false;
    rest_.remove_prefix(bytes);
    return true;
  }
  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned n = 0; n < 10 && n < rest_.size(); ++n) {
      const auto byte = static_cast<std::uint8_t>(rest_[n]);
      value |= std::uint64_t{byte & 0x7fu} << (7 * n);
      if (byte < 0x80) return skip(n + 1);
    }
    return false;
  }

  std::string_view rest_;
  bool damaged_ = false;
};

} // namespace mlockscope::recording
