#include "recording/block_source.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <zstd.h>

namespace mlockscope::recording {
namespace {

void free_unpacker(ZSTD_DCtx_s* unpacker) { ::ZSTD_freeDCtx(unpacker); }

} // namespace

BlockSource::BlockSource(util::Fd fd, std::string name)
    : fd_(std::move(fd)), name_(std::move(name)), unpacker_(::ZSTD_createDCtx(), free_unpacker) {}

util::Result<format::Version> BlockSource::begin() {
  char bytes[format::file_header_size];
  auto count = read(bytes, sizeof bytes);
  if (!count) return count.error();
  const std::string_view header(bytes, count.value());
  if (header.empty() || !format::begins_recording(header))
    return util::Error{name_, "not a recording of mlockscope", ""};
  if (header.size() < sizeof bytes)
    return util::Error{name_, "ends at byte " + std::to_string(offset_) + ", inside its header",
                       "nothing had been recorded yet"};
  const auto version = format::read_file_header(header);
  if (!version) return util::Error{name_, "the header of the file has a wrong checksum", ""};
  if (version->major != format::major_version)
    return util::Error{name_,
                       "a recording of format " + std::to_string(version->major) + "." +
                           std::to_string(version->minor) + "; this mlockscope reads format " +
                           std::to_string(format::major_version),
                       version->major > format::major_version ? "a newer one can read it" : ""};
  return *version;
}

util::Error BlockSource::error(const std::string& place, const char* why) const {
  return {name_ + ": block at byte " + std::to_string(block_at_) + place, why, ""};
}

util::Result<const Block*> BlockSource::next() {
  for (;;) {
    auto more = read_block();
    if (!more) return more.error();
    if (!more.value()) return static_cast<const Block*>(nullptr);
    if (block_.kind == format::Kind::origin || block_.kind == format::Kind::entries)
      return static_cast<const Block*>(&block_);
    if (block_.kind != format::Kind::schema) ++unknown_;
  }
}

/// False at the end.
util::Result<bool> BlockSource::read_block() {
  if (cut_) return false;
  block_at_ = offset_;
  char bytes[format::block_header_size];
  auto count = read(bytes, sizeof bytes);
  if (!count) return count.error();
  cut_ = count.value() != 0 && count.value() < sizeof bytes;
  if (count.value() < sizeof bytes) return false;
  format::BlockHeader header;
  if (const char* const fault = format::read_block_header({bytes, sizeof bytes}, header))
    return error("", fault);

  if (stored_.size() < header.stored) stored_.resize(header.stored);
  count = read(stored_.data(), header.stored);
  if (!count) return count.error();
  cut_ = count.value() < header.stored;
  if (cut_) return false;
  if (const char* const fault = unpack(header)) return error("", fault);
  return true;
}

/// Into block_. Blocks whose content is not for us are not unpacked.
const char* BlockSource::unpack(const format::BlockHeader& header) {
  const std::string_view content(stored_.data(), header.stored);
  if (format::checksum(content) != header.checksum) return "wrong checksum";
  block_.kind = header.kind;
  block_.entries = header.entries;
  if (header.kind != format::Kind::origin && header.kind != format::Kind::entries) return nullptr;
  block_.raw.resize(header.raw);
  if (!unpacker_) return "no memory to unpack it";
  const std::size_t size = ::ZSTD_decompressDCtx(unpacker_.get(), block_.raw.data(), header.raw,
                                                 content.data(), content.size());
  return size == header.raw ? nullptr : "cannot be unpacked to the size it should have";
}

util::Result<std::size_t> BlockSource::read(char* to, std::size_t size) {
  std::size_t count = 0;
  while (count < size) {
    const ssize_t done = ::read(fd_.get(), to + count, size - count);
    if (done == 0) break;
    if (done > 0) {
      count += static_cast<std::size_t>(done);
    } else if (errno == EAGAIN) { // as somebody else may have left standard input
      pollfd file{fd_.get(), POLLIN, 0};
      (void)::poll(&file, 1, -1);
    } else if (errno != EINTR) {
      return util::system_error("cannot read " + name_, errno);
    }
  }
  offset_ += count;
  return count;
}

} // namespace mlockscope::recording
