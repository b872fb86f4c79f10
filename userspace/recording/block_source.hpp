// Bytes of a file or a pipe -> blocks, checked and unpacked, one after the other.
#pragma once

#include "recording/block.hpp"
#include "util/fd.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct ZSTD_DCtx_s;

namespace mlockscope::recording {

class BlockSource {
public:
  BlockSource(util::Fd, std::string name);

  /// The header of the file. An error if this is no recording, or one of a newer major version.
  [[nodiscard]] util::Result<format::Version> begin();

  /// The next block of a kind that is known, other than the schema; valid until the next call. Null
  /// at the end and where the file was cut.
  [[nodiscard]] util::Result<const Block*> next();

  /// An error at the block that was given last.
  [[nodiscard]] util::Error error(const std::string& place, const char* why) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The file ends inside the header or content of the block at begin_of_block().
  [[nodiscard]] bool cut() const { return cut_; }
  [[nodiscard]] std::uint64_t begin_of_block() const { return block_at_; }
  [[nodiscard]] std::uint64_t unknown_blocks() const { return unknown_; }

private:
  /// As many as there are up to `size`, into the beginning of `to`.
  [[nodiscard]] util::Result<std::size_t> read(char* to, std::size_t size);
  [[nodiscard]] util::Result<bool> read_block();
  [[nodiscard]] const char* unpack(const format::BlockHeader&);

  util::Fd fd_;
  std::string name_;
  std::unique_ptr<ZSTD_DCtx_s, void (*)(ZSTD_DCtx_s*)> unpacker_;
  std::vector<char> stored_; ///< never shrinks, and is no bigger than format::most_stored
  Block block_;
  std::uint64_t offset_ = 0;
  std::uint64_t block_at_ = 0;
  std::uint64_t unknown_ = 0;
  bool cut_ = false;
};

} // namespace mlockscope::recording
