#include "files.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>
#include <sys/stat.h>
#include <thread>

using namespace mlockscope;
using recording::Reader;
using recording::Writer;

TEST_CASE("every kind of entry is read as it was put, with extreme values") {
  const TempFolder folder;
  const auto entries = samples::all_entries();
  files::write(folder.path("a.mls"), entries);
  const auto read = files::read_file(folder.path("a.mls"));
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.origin == samples::origin());
  CHECK(read.entries == telling::texts(entries));
}

TEST_CASE("each block can be read without the others") {
  const TempFolder folder;
  auto entries = samples::all_entries();
  for (const auto& entry : samples::all_entries()) entries.push_back(entry);
  files::write(folder.path("a.mls"), entries, entries.size());
  const auto read = files::read_file(folder.path("a.mls"));
  CHECK(read.error.empty());
  CHECK(read.entries == telling::texts(entries));
}

TEST_CASE("many calls fill many blocks, by the event as by the entry") {
  const TempFolder folder;
  auto writer = Writer::create(folder.path("a.mls"), samples::origin());
  REQUIRE(writer);
  std::vector<std::string> put;
  for (std::uint64_t n = 0; n < 60'000; ++n) {
    model::CallEvent call = samples::call(n);
    // More threads than the writer has places for, two of them in one place.
    call.caller.tid = static_cast<std::uint32_t>(n * 7919 % 3000);
    if (n % 3 == 0) writer.value().put(call);
    if (n % 3 == 1) writer.value().put(model::Event(call));
    if (n % 3 == 2) writer.value().put(recording::Entry(call));
    put.push_back(telling::text(model::Event(call)));
  }
  REQUIRE(writer.value().close());
  const auto statistics = writer.value().statistics();
  CHECK(statistics.entries == put.size());
  CHECK(statistics.raw_bytes > 4 * recording::format::block_bytes);
  CHECK(statistics.written == std::filesystem::file_size(folder.path("a.mls")));
  CHECK(statistics.written < statistics.raw_bytes);
  CHECK(files::read_file(folder.path("a.mls")).entries == put);
}

TEST_CASE("one entry may be larger than a block usually is, and too large for any") {
  const TempFolder folder;
  model::SnapshotEvent big = samples::snapshot();
  big.mappings.clear();
  for (std::uint64_t n = 0; n < 400'000; ++n)
    big.mappings.push_back({.pages = {n * 8192, n * 8192 + 4096}, .locked = n % 2 == 0});
  model::SnapshotEvent too_big = big;
  too_big.mappings.clear();
  for (std::uint64_t n = 0; n < 2'000'000; ++n)
    too_big.mappings.push_back({.pages = {n * 8192, n * 8192 + 4096}});

  auto writer = Writer::create(folder.path("a.mls"), samples::origin());
  REQUIRE(writer);
  writer.value().put(model::Event(big));
  CHECK_FALSE(writer.value().behind());
  writer.value().put(model::Event(too_big));
  CHECK(writer.value().behind());
  CHECK(writer.value().can_resume());
  writer.value().resume({0, 5, "too large", {}});
  writer.value().put(samples::call(1));
  REQUIRE(writer.value().close());
  const auto read = files::read_file(folder.path("a.mls"));
  CHECK(read.error.empty());
  CHECK(read.entries == telling::texts({model::Event(big), recording::Gap{1, 5, "too large", {}},
                                        model::Event(samples::call(1))}));
}

TEST_CASE("what is longer than a reader takes is cut, and a reversed range is empty") {
  const TempFolder folder;
  recording::Origin origin = samples::origin();
  origin.host.assign(300, 'h');
  model::CallEvent call = samples::call(0);
  call.caller.comm.bytes.fill('c');
  call.extent = {9, 5};
  recording::ProcessSeen seen;
  seen.info.exe = std::string(100'000, 'e');
  model::LostEvent lost;
  lost.cause.assign(1000, 'l');
  recording::CodeMappings code;
  for (std::uint64_t n = 0; n < 1000; ++n)
    code.files.push_back({{n * 8192, n * 8192 + 4096}, 0, 0, 0, std::string(5000, 'p'), {}});

  auto writer = Writer::create(folder.path("a.mls"), origin);
  REQUIRE(writer);
  for (const recording::Entry& entry :
       std::vector<recording::Entry>{model::Event(call), seen, model::Event(lost), code})
    writer.value().put(entry);
  REQUIRE(writer.value().close());

  call.caller.comm.bytes.back() = '\0';
  call.extent = {9, 9};
  seen.info.exe->resize(4096);
  lost.cause.resize(256);
  auto reader = Reader::open(folder.path("a.mls"));
  REQUIRE(reader);
  CHECK(reader.value().origin().host == std::string(256, 'h'));
  const auto expect = [&reader](const recording::Entry& entry) {
    const auto next = reader.value().next();
    REQUIRE(next);
    REQUIRE(next.value() != nullptr);
    CHECK(telling::text(*next.value()) == telling::text(entry));
  };
  expect(model::Event(call));
  expect(seen);
  expect(model::Event(lost));
  const auto next = reader.value().next();
  REQUIRE(next);
  REQUIRE(next.value() != nullptr);
  const auto& files = std::get<recording::CodeMappings>(*next.value()).files;
  CHECK(files.size() > 200); // a MiB of them
  CHECK(files.size() < 257);
  CHECK(files.front().path.size() == 4096);
}

TEST_CASE("a file is for its owner only, and what was in it before is gone") {
  const TempFolder folder;
  files::write(folder.path("a.mls"), samples::all_entries());
  struct stat facts {};
  REQUIRE(::stat(folder.path("a.mls").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  files::write(folder.path("a.mls"), {recording::Ended{1}});
  CHECK(files::read_file(folder.path("a.mls")).entries == telling::texts({recording::Ended{1}}));
}

TEST_CASE("a recording goes through pipes, in pieces of any size") {
  const TempFolder folder;
  files::write(folder.path("a.mls"), samples::all_entries(), 3);
  const std::string bytes = files::bytes_of(folder.path("a.mls"));
  int ends[2]{-1, -1};
  REQUIRE(::pipe(ends) == 0);
  util::Fd out(ends[1]);
  std::thread writing([&] {
    for (std::size_t at = 0; at < bytes.size(); at += 13)
      (void)!::write(out.get(), bytes.data() + at, std::min<std::size_t>(13, bytes.size() - at));
    out.reset();
  });
  const auto read = files::read(Reader::from(util::Fd(ends[0]), "a pipe"));
  writing.join();
  CHECK(read.error.empty());
  CHECK(read.entries == telling::texts(samples::all_entries()));
}

TEST_CASE("an origin without a page size is refused before a file is made") {
  const TempFolder folder;
  recording::Origin origin = samples::origin();
  for (const std::uint64_t size : {0u, 512u, 4095u, 12288u, 1u << 31}) {
    origin.page_size = size;
    const auto writer = Writer::create(folder.path("a.mls"), origin);
    REQUIRE_FALSE(writer);
    CHECK(writer.error().message() ==
          "cannot record to " + folder.path("a.mls") + ": a page size that no machine has");
  }
  CHECK_FALSE(std::filesystem::exists(folder.path("a.mls")));
}
