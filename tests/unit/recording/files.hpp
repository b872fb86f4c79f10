// Recordings in memory and on disk, for tests: read to their end, and made as no writer makes them.
#pragma once

#include "entries.hpp"
#include "recording/format.hpp"
#include "recording/reader.hpp"
#include "recording/writer.hpp"
#include "support/catch.hpp"
#include "text.hpp"

#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

namespace files {

using namespace mlockscope;
using recording::Reader;
using recording::Writer;
namespace format = recording::format;

/// What a reader got out of a file.
struct Read {
  bool opened = false;
  recording::Origin origin;
  std::vector<std::string> entries; ///< as telling::text() has them
  std::string error;                ///< that ended it; empty: it came to the end
  std::string remark;
};

inline Read read(util::Result<Reader> reader) {
  Read result;
  result.opened = reader.ok();
  if (!reader) {
    result.error = reader.error().message();
    return result;
  }
  result.origin = reader.value().origin();
  for (;;) {
    const auto next = reader.value().next();
    if (!next) result.error = next.error().message();
    if (!next || next.value() == nullptr) break;
    result.entries.push_back(telling::text(*next.value()));
  }
  result.remark = reader.value().remark();
  // There is nothing behind the end, and an error ends it.
  const auto more = reader.value().next();
  CHECK((more && more.value() == nullptr));
  return result;
}

inline Read read_file(const std::string& path) { return read(Reader::open(path)); }

/// As if it were a file with the name "test".
inline Read read_bytes(std::string_view bytes) {
  util::Fd fd(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  REQUIRE(::lseek(fd.get(), 0, SEEK_SET) == 0);
  return read(Reader::from(std::move(fd), "test"));
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string header(format::Version version = {}) {
  const auto bytes = format::file_header(version);
  return {bytes.begin(), bytes.end()};
}

/// With a header that says of its content whatever `lie` makes of the truth.
template <class Lie>
std::string block(format::Kind kind, std::string_view raw, std::uint32_t entries, Lie lie) {
  std::string stored(::ZSTD_compressBound(raw.size()), '\0');
  stored.resize(::ZSTD_compress(stored.data(), stored.size(), raw.data(), raw.size(), 1));
  format::BlockHeader header{kind, entries, static_cast<std::uint32_t>(raw.size()),
                             static_cast<std::uint32_t>(stored.size()), format::checksum(stored)};
  lie(header);
  const auto bytes = format::block_header(header);
  return std::string(bytes.begin(), bytes.end()) + stored;
}
inline std::string block(format::Kind kind, std::string_view raw, std::uint32_t entries) {
  return block(kind, raw, entries, [](format::BlockHeader&) {});
}

/// All entries, in as many blocks as `blocks` says, of a recording at `path`.
inline void write(const std::string& path, const std::vector<recording::Entry>& entries,
                  std::size_t blocks = 1) {
  auto writer = Writer::create(path, samples::origin());
  REQUIRE(writer);
  writer.value().flush_if_due(0);
  for (std::size_t n = 0; n < entries.size(); ++n) {
    writer.value().put(entries[n]);
    if ((n + 1) * blocks / entries.size() != n * blocks / entries.size())
      writer.value().flush_if_due((n + 1) * 1'000'000'000);
  }
  REQUIRE(writer.value().close());
  CHECK(writer.value().statistics().entries == entries.size());
  CHECK(writer.value().statistics().dropped == 0);
}

} // namespace files
