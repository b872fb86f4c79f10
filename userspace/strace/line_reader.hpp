// The lines of a file that may be of any size, or a pipe, with lines of any length.
#pragma once

#include "util/fd.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mlockscope::strace {

/// A line without its end; NULs and other bytes as they are.
struct Line {
  std::string_view text; ///< valid until the next line is taken
  std::uint64_t number = 0;
  bool cut = false;  ///< longer than LineReader::longest_line: only its beginning is here
  bool torn = false; ///< the last line, without a line end: there may have been more of it
};

class LineReader {
public:
  /// strace bounds what it prints of a string; only -s with a large number comes near this.
  static constexpr std::size_t longest_line = std::size_t{1} << 20;
  /// How far look_ahead() looks at most, in bytes.
  static constexpr std::size_t farthest_look = std::size_t{1} << 20;

  /// `name` is for error messages.
  LineReader(util::Fd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  /// The next line into `line`; false at the end.
  [[nodiscard]] util::Result<bool> next(Line& line);

  /// see(text) for the lines that come next, until it returns true, the look has gone far enough
  /// or the end is reached. They are still to be taken. The line that was taken last stays valid.
  template <class See> [[nodiscard]] util::Status look_ahead(See&& see) {
    for (std::size_t at = 0; at < farthest_look;) {
      const std::size_t end = buffer_.find('\n', used_ + at);
      if (end == std::string::npos) {
        if (ended_ || buffer_.size() - used_ > farthest_look) break;
        if (auto filled = fill(); !filled) return filled;
        continue;
      }
      if (see(std::string_view(buffer_).substr(used_ + at, end - used_ - at))) break;
      at = end - used_ + 1;
    }
    return util::success();
  }

  [[nodiscard]] std::uint64_t lines() const { return number_; }

private:
  [[nodiscard]] util::Status fill();
  [[nodiscard]] util::Status pass_over_rest();
  void give(Line&, std::size_t end);

  util::Fd fd_;
  std::string name_;
  std::string buffer_;     ///< read and, from used_ on, not yet taken
  std::size_t used_ = 0;   ///< bytes of buffer_ that are done with
  std::size_t looked_ = 0; ///< bytes from used_ on that hold no line end
  std::string line_;
  std::uint64_t number_ = 0;
  bool ended_ = false;
};

} // namespace mlockscope::strace
