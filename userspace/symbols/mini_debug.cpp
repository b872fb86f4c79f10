#include "symbols/mini_debug.hpp"

#include <lzma.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace mlockscope::symbols {
namespace {

constexpr std::size_t most_unpacked = std::size_t{64} << 20; // bytes
constexpr std::uint64_t most_memory = std::uint64_t{128} << 20;

bool write_fully(int fd, const unsigned char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, from, size);
    if (written <= 0) return false;
    from += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool unpack(std::string_view packed, int to) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, most_memory, 0) != LZMA_OK) return false;
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  std::vector<unsigned char> piece(std::size_t{256} << 10);
  lzma_ret state = LZMA_OK;
  bool good = true;
  while (good && state == LZMA_OK && stream.total_out <= most_unpacked) {
    stream.next_out = piece.data();
    stream.avail_out = piece.size();
    state = lzma_code(&stream, LZMA_FINISH);
    good = write_fully(to, piece.data(), piece.size() - stream.avail_out);
  }
  lzma_end(&stream);
  return good && state == LZMA_STREAM_END;
}

} // namespace

std::unique_ptr<ElfFile> open_mini_debug(const ElfFile& file) {
  const std::string_view packed = file.section(".gnu_debugdata");
  if (packed.empty()) return nullptr;
  util::Fd fd(::memfd_create("mini-debug", MFD_CLOEXEC));
  if (!fd || !unpack(packed, fd.get())) return nullptr;
  return ElfFile::open(std::move(fd));
}

} // namespace mlockscope::symbols
