// Where entries come from that are not traced now: a recording, or a log of strace.
#pragma once

#include "recording/entry.hpp"
#include "util/result.hpp"

namespace mlockscope::recording {

class Source {
public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const Origin& origin() const = 0;
  /// The next entry, valid until the next call; null at the end. An error names the file, the place
  /// in it and what is wrong there; after one there is nothing more to be had.
  [[nodiscard]] virtual util::Result<const Entry*> next() = 0;
  /// At the end: what the reader should know about how far it came, in one line ("web1.mls: ends
  /// inside a block at byte 8192: what came before it was read"); empty if all is well.
  [[nodiscard]] virtual std::string remark() const { return {}; }
};

} // namespace mlockscope::recording
