// Outputs that are made at the same time and shown one after the other.
#pragma once

#include "report/writer.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace mlockscope::cli {

/// Each part goes to a temporary file, which takes no memory, and is copied to the target as soon
/// as all parts before it are. Parts may be done in any order and from any thread.
class Spool {
public:
  Spool(std::size_t parts, report::Writer& target) : parts_(parts), target_(target) {}

  /// The writer of a part, until it is done. The error is that there can be no temporary file;
  /// the target has it, too.
  [[nodiscard]] util::Result<report::Writer*> begin(std::size_t part);
  /// Also for a part that could not be begun.
  void done(std::size_t part);

private:
  struct Part {
    util::Fd file; ///< without a name
    std::unique_ptr<report::Writer> writer;
    bool done = false;
  };
  [[nodiscard]] util::Result<report::Writer*> make_file(std::size_t part);
  void copy(const Part&);

  std::vector<Part> parts_;
  report::Writer& target_;
  std::mutex mutex_; ///< of what is below, and of copying
  std::size_t next_ = 0;
};

} // namespace mlockscope::cli
