// Files that are not what was written: cut, damaged, or something else altogether.
#include "files.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>

using namespace mlockscope;

namespace {

/// Of three blocks of entries, with a few of the kinds.
std::vector<recording::Entry> few() {
  return {model::Event(samples::call(0)),    model::Event(samples::call(1)), samples::process(),
          model::Event(samples::snapshot()), model::Event(samples::call(2)), recording::Ended{9}};
}

struct Sample {
  std::string bytes;
  std::vector<std::string> entries;
  std::vector<std::size_t> blocks; ///< where each begins, and the end: schema, origin, entries...
};

Sample sample() {
  const TempFolder folder;
  files::write(folder.path("a.mls"), few(), 3);
  Sample sample{files::bytes_of(folder.path("a.mls")), telling::texts(few()), {}};
  std::size_t at = files::format::file_header_size;
  for (;;) {
    sample.blocks.push_back(at);
    if (at == sample.bytes.size()) return sample;
    files::format::BlockHeader header;
    REQUIRE(files::format::read_block_header(
                sample.bytes.substr(at, files::format::block_header_size), header) == nullptr);
    at += files::format::block_header_size + header.stored;
  }
}

bool is_prefix(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return some.size() <= all.size() && std::equal(some.begin(), some.end(), all.begin());
}

} // namespace

TEST_CASE("a file cut at any byte gives the entries of its whole blocks") {
  const Sample whole = sample();
  REQUIRE(whole.blocks.size() == 6);
  for (std::size_t size = 0; size < whole.bytes.size(); ++size) {
    INFO("cut at byte " << size);
    const auto read = files::read_bytes(whole.bytes.substr(0, size));
    if (size < whole.blocks[2]) {
      REQUIRE_FALSE(read.opened); // it does not say where it comes from
      const bool named = read.error.find("nothing had been recorded yet") != std::string::npos;
      REQUIRE(named == (size != 0));
      continue;
    }
    REQUIRE(read.opened);
    REQUIRE(read.error.empty());
    const auto block = std::upper_bound(whole.blocks.begin(), whole.blocks.end(), size) - 1;
    REQUIRE(read.entries.size() == 2 * static_cast<std::size_t>(block - whole.blocks.begin() - 2));
    REQUIRE(is_prefix(read.entries, whole.entries));
    const std::string remark = "test: ends inside a block at byte " + std::to_string(*block) +
                               ": what came before it was read";
    REQUIRE(read.remark == (*block == size ? "" : remark));
  }
}

TEST_CASE("a bit that is wrong anywhere is an error, and what comes before it is right") {
  const Sample whole = sample();
  for (std::size_t bit = 0; bit < whole.bytes.size() * 8; ++bit) {
    std::string bytes = whole.bytes;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    const auto read = files::read_bytes(bytes);
    INFO("bit " << bit << ": " << read.error);
    REQUIRE_FALSE(read.error.empty());
    REQUIRE(is_prefix(read.entries, whole.entries));
    const auto block =
        std::upper_bound(whole.blocks.begin(), whole.blocks.end(), bit / 8) - whole.blocks.begin();
    REQUIRE(read.entries.size() == (block < 3 ? 0 : 2 * (static_cast<std::size_t>(block) - 3)));
  }
}

TEST_CASE("an error names the file, the block and what is wrong there") {
  const Sample whole = sample();
  std::string bytes = whole.bytes;
  bytes[whole.blocks[3] + 40] = static_cast<char>(bytes[whole.blocks[3] + 40] + 1);
  CHECK(files::read_bytes(bytes).error ==
        "test: block at byte " + std::to_string(whole.blocks[3]) + ": wrong checksum");
  CHECK(files::read_bytes(whole.bytes + std::string(40, '\0')).error ==
        "test: block at byte " + std::to_string(whole.bytes.size()) + ": no block begins here");
}

TEST_CASE("what is no recording is told to be none") {
  const std::string none = "test: not a recording of mlockscope";
  CHECK(files::read_bytes("").error == none);
  CHECK(files::read_bytes("text\n").error == none);
  CHECK(files::read_bytes(std::string(5000, '\0')).error == none);
  CHECK(files::read_bytes("\x1f\x8b\x08" + std::string(100, 'x')).error == none);     // gzip
  CHECK(files::read_bytes("\x28\xb5\x2f\xfd" + std::string(100, 'x')).error == none); // zstd
  CHECK(files::read_bytes("\x7f"
                          "ELF" +
                          std::string(100, 'x'))
            .error == none);
}

TEST_CASE("a recording that was carried as text is not taken for a good one") {
  std::string bytes = sample().bytes;
  // As FTP in its text mode does.
  for (std::size_t at = 0; (at = bytes.find("\r\n", at)) != std::string::npos;) bytes.erase(at, 1);
  CHECK(files::read_bytes(bytes).error == "test: not a recording of mlockscope");
}

TEST_CASE("files that cannot be opened or read") {
  const TempFolder folder;
  const std::string path = folder.path("nothing");
  CHECK(files::read_file(path).error == "cannot open " + path + ": No such file or directory");
  CHECK(files::read_file("/").error == "cannot read /: Is a directory");
}
