// The file of a recording: a header, and then blocks, each of which can be read without the others.
//
//   file header   24 bytes   frame mark, 16; 89 "MLS" CR LF 1A LF; major, minor; checksum
//   block         32 bytes   frame mark, 24; kind, entries, raw size, stored size, two checksums
//                 stored     one zstd frame
//   block ...
//
// Numbers are little endian, 32 bits wide, the versions 16. A checksum is a CRC-32 (zlib's): the
// header of the file, and that of a block, end with that of all bytes of theirs before it; the
// other one of a block is of its stored bytes. The 8 bytes of magic are those of PNG with another
// name: they tell a file that was carried as text from a good one.
//
// The first block holds the schema (recording.proto), the second the origin, all others entries.
// Both headers are skippable frames of zstd (RFC 8878, 3.1.2), so any zstd unpacks the file, and
// what comes out is one message, which begins with its own schema:
//
//   zstd -dc < web1.mls > raw
//   protoc --descriptor_set_in=raw --decode=mlockscope.recording.v1.Recording < raw
//
// Of a file that was cut, zstd unpacks the whole blocks and then complains.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mlockscope::recording::format {

constexpr std::uint16_t major_version = 1;
constexpr std::uint16_t minor_version = 2;

constexpr std::size_t file_header_size = 24;
constexpr std::size_t block_header_size = 32;

/// A writer ends a block that has become so big.
constexpr std::size_t block_bytes = std::size_t{256} * 1024;
/// No block is bigger: a reader needs no more memory than that, a few times over.
constexpr std::size_t most_raw = std::size_t{8} * 1024 * 1024;
constexpr std::size_t most_stored = most_raw + most_raw / 128; // more than ZSTD_compressBound

/// Bounds of what an entry holds. A writer cuts what is longer, a reader refuses it.
constexpr std::size_t most_comm = 15;
constexpr std::size_t most_path = 4096;
constexpr std::size_t most_name = 256; ///< origin, causes
constexpr std::size_t most_build_id = 64;
constexpr std::size_t most_code_bytes = std::size_t{1} << 20; ///< all of a list of code mappings
constexpr std::size_t most_callers = 65536;                   ///< of one block
constexpr std::size_t most_frames = 256;                      ///< of one stack
constexpr std::size_t most_symbol = 1024;

enum class Kind : std::uint32_t { schema = 1, origin = 2, entries = 3 };

struct Version {
  std::uint16_t major = major_version;
  std::uint16_t minor = minor_version;
};

struct BlockHeader {
  Kind kind{}; ///< of a newer writer: maybe none of those
  std::uint32_t entries = 0;
  std::uint32_t raw = 0;    ///< bytes, unpacked
  std::uint32_t stored = 0; ///< bytes behind the header
  std::uint32_t checksum = 0;
};

[[nodiscard]] std::array<char, file_header_size> file_header(Version = {});
[[nodiscard]] std::array<char, block_header_size> block_header(const BlockHeader&);

/// True if the bytes are the beginning of what every version begins with.
[[nodiscard]] bool begins_recording(std::string_view bytes);
/// Of file_header_size bytes. Nothing if the checksum is wrong.
[[nodiscard]] std::optional<Version> read_file_header(std::string_view bytes);

/// Of block_header_size bytes. Null, or what is wrong with them.
[[nodiscard]] const char* read_block_header(std::string_view bytes, BlockHeader&);

[[nodiscard]] std::uint32_t checksum(std::string_view bytes);

} // namespace mlockscope::recording::format
