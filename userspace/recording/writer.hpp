// Writes a recording while tracing goes on. Never waits for the disk: entries are encoded into a
// block in memory, and a thread of its own compresses and writes the blocks.
//
// When the disk is slower than the events, entries are dropped, counted, and told as a Gap:
//
//   if (writer.can_resume()) writer.resume({.time = now, .cause = "...", .spaces = alive});
//   writer.put(event);
//
// When the disk is full or fails, the file is cut back to its last whole block, everything that
// follows is dropped, and failed() and error() tell. A process that is killed leaves a file that
// can be read up to its last whole block, which is a second old at most (flush_if_due()); nothing
// is forced to the disk (fsync) though, against a power failure.
#pragma once

#include "recording/entry.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace mlockscope::recording {

class Disk;
class Encoder;

class Writer {
public:
  struct Options {
    std::size_t queue_bytes = std::size_t{64} * 1024 * 1024; ///< encoded, waiting for the disk
    int level = 1;                                           ///< of zstd, 1 to 19
    /// How long close() waits for a pipe whose reader does not read.
    std::chrono::milliseconds patience{10'000};
  };
  struct Statistics {
    std::uint64_t entries = 0; ///< put and not dropped: in the file, unless that has failed
    std::uint64_t dropped = 0;
    std::uint64_t raw_bytes = 0; ///< of those entries
    std::uint64_t written = 0;   ///< bytes of the file
  };

  /// Makes or empties a file that only its owner can read: recordings tell addresses and paths of
  /// processes. A pipe must have a reader. Fails, too, if what comes first cannot be written, or if
  /// the page size in the origin is none.
  [[nodiscard]] static util::Result<Writer> create(const std::string& path, const Origin&, Options);
  [[nodiscard]] static util::Result<Writer> create(const std::string& path, const Origin& origin) {
    return create(path, origin, Options());
  }
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) = delete;
  /// Closes; whoever wants to know if that worked calls close() first.
  ~Writer();

  /// Dropped while behind() and after a failure. Text longer than format.hpp allows is cut.
  void put(const Entry&);
  void put(const model::Event&);
  /// The same for the one that comes in millions.
  void put(const model::CallEvent&);

  /// Hands over what has been put, if the last time was a second ago; to be called now and then.
  void flush_if_due(model::Time now);

  /// Entries are being dropped.
  [[nodiscard]] bool behind() const { return behind_; }
  /// They are, and the queue has emptied by half.
  [[nodiscard]] bool can_resume() const;
  /// Records the gap, with the number of entries that were dropped, and goes on. Before the end it
  /// may be called without can_resume(): it makes room. Nothing if not behind().
  void resume(Gap);

  [[nodiscard]] bool failed() const;
  /// The first failure; only if failed().
  [[nodiscard]] util::Error error() const;

  /// Writes what is left. The first failure, if there was one. After it nothing can be put.
  [[nodiscard]] util::Status close();

  [[nodiscard]] Statistics statistics() const;

private:
  Writer(std::unique_ptr<Disk>, std::unique_ptr<Encoder>);
  template <class What> void put_any(const What&);
  [[nodiscard]] bool hand_over(bool force);

  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Disk> disk_;
  Statistics statistics_;
  std::uint64_t missing_ = 0; ///< dropped since the last gap
  std::optional<model::Time> flushed_;
  bool behind_ = false;
  bool closed_ = false;
};

} // namespace mlockscope::recording
