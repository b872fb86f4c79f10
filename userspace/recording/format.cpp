#include "recording/format.hpp"

#include <algorithm>
#include <cstring>
#include <zlib.h>

namespace mlockscope::recording::format {
namespace {

// Any of 0x184D2A50 to 0x184D2A5F marks a frame that zstd skips.
constexpr std::uint32_t file_mark = 0x184D2A5E;
constexpr std::uint32_t block_mark = 0x184D2A5D;
constexpr std::size_t mark_size = 8; ///< with the size of the rest
constexpr std::string_view magic = "\x89MLS\r\n\x1a\n";

void put(char* at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t n = 0; n < bytes; ++n) at[n] = static_cast<char>(value >> (8 * n));
}

std::uint32_t get(std::string_view bytes, std::size_t at, std::size_t size = 4) {
  std::uint32_t value = 0;
  for (std::size_t n = 0; n < size; ++n)
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + n])} << (8 * n);
  return value;
}

/// All but the last four bytes, and those.
template <std::size_t size> void seal(std::array<char, size>& header) {
  put(&header[size - 4], checksum({header.data(), size - 4}), 4);
}
bool sealed(std::string_view header) {
  return checksum(header.substr(0, header.size() - 4)) == get(header, header.size() - 4);
}

/// What comes before the versions.
std::array<char, mark_size + magic.size()> beginning() {
  std::array<char, mark_size + magic.size()> bytes{};
  put(&bytes[0], file_mark, 4);
  put(&bytes[4], file_header_size - mark_size, 4);
  std::copy(magic.begin(), magic.end(), bytes.begin() + mark_size);
  return bytes;
}

} // namespace

std::array<char, file_header_size> file_header(Version version) {
  std::array<char, file_header_size> header{};
  const auto first = beginning();
  std::copy(first.begin(), first.end(), header.begin());
  put(&header[16], version.major, 2);
  put(&header[18], version.minor, 2);
  seal(header);
  return header;
}

bool begins_recording(std::string_view bytes) {
  const auto first = beginning();
  return std::string_view(first.data(), first.size()).substr(0, bytes.size()) ==
         bytes.substr(0, first.size());
}

std::optional<Version> read_file_header(std::string_view bytes) {
  if (bytes.size() != file_header_size || !sealed(bytes)) return std::nullopt;
  return Version{static_cast<std::uint16_t>(get(bytes, 16, 2)),
                 static_cast<std::uint16_t>(get(bytes, 18, 2))};
}

std::array<char, block_header_size> block_header(const BlockHeader& block) {
  std::array<char, block_header_size> header{};
  put(&header[0], block_mark, 4);
  put(&header[4], block_header_size - mark_size, 4);
  put(&header[8], static_cast<std::uint32_t>(block.kind), 4);
  put(&header[12], block.entries, 4);
  put(&header[16], block.raw, 4);
  put(&header[20], block.stored, 4);
  put(&header[24], block.checksum, 4);
  seal(header);
  return header;
}

const char* read_block_header(std::string_view bytes, BlockHeader& block) {
  if (get(bytes, 0) != block_mark || get(bytes, 4) != block_header_size - mark_size)
    return "no block begins here";
  if (!sealed(bytes)) return "the header of the block has a wrong checksum";
  block.kind = static_cast<Kind>(get(bytes, 8));
  block.entries = get(bytes, 12);
  block.raw = get(bytes, 16);
  block.stored = get(bytes, 20);
  block.checksum = get(bytes, 24);
  if (block.raw > most_raw || block.stored > most_stored) return "the block is too big";
  return nullptr;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

} // namespace mlockscope::recording::format
