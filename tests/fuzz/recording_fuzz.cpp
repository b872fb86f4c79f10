// Any bytes as a recording. The first byte says as what: a whole file; the content of a block of
// entries with nothing wrong around it, which checksums would keep the fuzzer away from; or that of
// the origin. Whatever is read must be such that it can be written, and read again as the same.
#include "recording/decoder.hpp"
#include "recording/encoder.hpp"
#include "recording/reader.hpp"
#include "unit/recording/text.hpp"

#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

using namespace mlockscope;
using namespace mlockscope::recording;

namespace {

void read_file(std::string_view bytes) {
  util::Fd fd(::memfd_create("fuzz", MFD_CLOEXEC));
  if (::write(fd.get(), bytes.data(), bytes.size()) < 0) std::abort();
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) std::abort();
  auto reader = Reader::from(std::move(fd), "fuzz");
  if (!reader) return;
  for (auto next = reader.value().next(); next && next.value() != nullptr;
       next = reader.value().next()) {
  }
  (void)reader.value().remark();
}

std::vector<std::string> read_block(std::string_view raw, Encoder* copy) {
  Decoder decoder;
  decoder.from_newer(true);
  // How many there are is not the point.
  decoder.begin(raw, 0);
  std::vector<std::string> texts;
  while (const Entry* const entry = decoder.next()) {
    texts.push_back(telling::text(*entry));
    if (copy != nullptr && !copy->add(*entry)) std::abort();
  }
  return texts;
}

void read_origin(std::string_view raw) {
  Origin origin, again;
  if (decode_origin(raw, origin) != nullptr) return;
  if (decode_origin(encode_origin(origin).raw, again) != nullptr || again != origin) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'f') read_file(rest);
  if (data[0] == 'o') read_origin(rest);
  if (data[0] != 'e') return 0;
  Encoder copy;
  const auto first = read_block(rest, &copy);
  const auto second = read_block(copy.take({}).raw, nullptr);
  if (first != second) std::abort();
  return 0;
}
