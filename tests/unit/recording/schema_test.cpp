// A recording can be read without any source of ours: by zstd and protoc, as format.hpp says.
#include "files.hpp"
#include "support/temp_folder.hpp"

#include <cstdlib>

namespace {

/// What `zstd -dc` makes of it: all frames, one after the other, those to be skipped left out.
std::string unpacked(const std::string& bytes) {
  std::string out, piece(1 << 16, '\0');
  ::ZSTD_DCtx* const unpacker = ::ZSTD_createDCtx();
  ::ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t more = 0;
  for (bool full = false; in.pos < in.size || full;) {
    ::ZSTD_outBuffer to{piece.data(), piece.size(), 0};
    more = ::ZSTD_decompressStream(unpacker, &to, &in);
    REQUIRE(::ZSTD_isError(more) == 0);
    out.append(piece, 0, to.pos);
    full = to.pos == to.size;
  }
  ::ZSTD_freeDCtx(unpacker);
  CHECK(more == 0);
  return out;
}

} // namespace

TEST_CASE("protoc prints a recording with nothing but the recording") {
  const TempFolder folder;
  files::write(folder.path("a.mls"), samples::every_kind(), 4);
  const std::string raw = folder.file("raw", unpacked(files::bytes_of(folder.path("a.mls"))));
  const std::string command = std::string(PROTOC) + " --descriptor_set_in='" + raw +
                              "' --decode=mlockscope.recording.v1.Recording < '" + raw + "' > '" +
                              folder.path("text") + "' 2> '" + folder.path("complaints") + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(files::bytes_of(folder.path("complaints")).empty());
  const std::string text = files::bytes_of(folder.path("text"));
  const auto has = [&text](const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has("backend: \"tracepoint\""));
  CHECK(has("page_size: 16384"));
  CHECK(has("call: MUNLOCK"));
  CHECK(has("exe: \"/usr/bin/demo\""));
  CHECK(has("cause: \"the disk was too slow\""));
  CHECK(has("  ended {"));
  std::size_t entries = 0;
  for (std::size_t at = 0; (at = text.find("\nentry {", at)) != std::string::npos; ++at) ++entries;
  CHECK(entries > samples::every_kind().size()); // and those that tell callers
}
