// Files with sound checksums whose content lies: each lie is an error that says where it is, and
// none costs more memory than a block may.
#include "files.hpp"
#include "support/temp_folder.hpp"

#include "recording.pb.h"

#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace mlockscope;
namespace v1 = recording::v1;
using files::format::BlockHeader;
using files::format::Kind;

namespace {

constexpr std::uint64_t top = samples::top;

v1::Recording good_origin() {
  v1::Recording content;
  content.mutable_origin()->set_page_size(4096);
  return content;
}

std::string begin_of_file() {
  return files::header() + files::block(Kind::origin, good_origin().SerializeAsString(), 0);
}

std::string entries_block(const v1::Recording& content) {
  return files::block(Kind::entries, content.SerializeAsString(),
                      static_cast<std::uint32_t>(content.entry_size()));
}

/// A sound caller and call, and then a second call as `spoil` leaves it.
std::string call_error(const std::function<void(v1::Call&)>& spoil) {
  v1::Recording content;
  content.add_entry()->mutable_caller()->set_pid(7);
  v1::Call& sound = *content.add_entry()->mutable_call();
  sound.set_addr(4096);
  sound.mutable_before()->set_locked(v1::Word::ALL);
  sound.mutable_before()->set_size(4096);
  *content.add_entry()->mutable_call() = sound;
  spoil(*content.mutable_entry(2)->mutable_call());
  const auto read = files::read_bytes(begin_of_file() + entries_block(content));
  const std::string place =
      "test: block at byte " + std::to_string(begin_of_file().size()) + ", entry 3: ";
  if (read.error.empty()) return "";
  CHECK(read.entries.size() == 1); // the sound one
  REQUIRE(read.error.substr(0, place.size()) == place);
  return read.error.substr(place.size());
}

/// The same for an entry of any kind.
std::string entry_error(const std::function<void(v1::Entry&)>& make) {
  v1::Recording content;
  make(*content.add_entry());
  const auto read = files::read_bytes(begin_of_file() + entries_block(content));
  const std::string place =
      "test: block at byte " + std::to_string(begin_of_file().size()) + ", entry 1: ";
  if (read.error.empty()) return "";
  CHECK(read.entries.empty());
  REQUIRE(read.error.substr(0, place.size()) == place);
  return read.error.substr(place.size());
}

std::string origin_error(const std::function<void(v1::Origin&)>& spoil) {
  v1::Recording content = good_origin();
  spoil(*content.mutable_origin());
  return files::read_bytes(files::header() +
                           files::block(Kind::origin, content.SerializeAsString(), 0))
      .error;
}

const std::string past_the_end = "a range that passes the end of the address space";
const std::string too_long = "a text that is too long";

/// Peak memory in KiB of a process that does so, above that of one that does nothing.
long memory_of(const std::function<void()>& deed) {
  const auto peak = [](const std::function<void()>& what) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      what();
      ::_exit(0);
    }
    rusage usage{};
    int status = 0;
    REQUIRE(::wait4(child, &status, 0, &usage) == child);
    CHECK(status == 0);
    return usage.ru_maxrss;
  };
  return peak(deed) - peak([] {});
}

} // namespace

TEST_CASE("calls that lie") {
  using W = v1::Word;
  CHECK(call_error([](v1::Call&) {}).empty());
  CHECK(call_error([](v1::Call& call) { call.set_caller(1); }) ==
        "a caller that has not been told");
  CHECK(call_error([](v1::Call& call) { call.set_call(v1::CallName(11)); }) == "an unknown call");
  CHECK(call_error([](v1::Call& call) { call.set_call(v1::CallName(-1)); }) == "an unknown call");
  CHECK(call_error([](v1::Call& call) { call.mutable_after()->set_locked(W::Locked(4)); }) ==
        "an unknown state of locking");
  CHECK(call_error([](v1::Call& call) { call.mutable_before()->set_size(-1); }) == past_the_end);
  CHECK(call_error([](v1::Call& call) {
          call.mutable_extent()->set_start(5);
          call.mutable_extent()->set_size(top - 4);
        }) == past_the_end);
  CHECK(call_error([](v1::Call& call) {
          call.mutable_applied()->set_start(top);
          call.mutable_applied()->set_size(1);
        }) == past_the_end);
}

TEST_CASE("the kernel's words that contradict themselves") {
  const auto runs_error = [](v1::Word::Locked locked, const std::vector<std::uint64_t>& runs) {
    return call_error([&](v1::Call& call) {
      call.mutable_before()->set_locked(locked);
      for (const std::uint64_t number : runs) call.mutable_before()->add_runs(number);
    });
  };
  const std::string outside = "locked pages outside of the range that was looked at";
  const std::string contradict = "locked pages that contradict each other";
  CHECK(runs_error(v1::Word::SOME, {0, 4096}).empty());
  CHECK(runs_error(v1::Word::SOME, {1, 10, 5, 4080}).empty());
  CHECK(runs_error(v1::Word::SOME, {1, 10, 5, 4081}) == outside);
  CHECK(runs_error(v1::Word::SOME, {4096, 1}) == outside);
  CHECK(runs_error(v1::Word::SOME, {5, 0}) == outside);          // empty
  CHECK(runs_error(v1::Word::SOME, {100, top - 50}) == outside); // ends before it starts
  CHECK(runs_error(v1::Word::SOME, {top, 10}) == outside);       // goes back
  CHECK(runs_error(v1::Word::SOME, {0}) == "half a range");
  CHECK(runs_error(v1::Word::SOME, {}) == contradict);
  CHECK(runs_error(v1::Word::ALL, {0, 4096}) == contradict);
}

TEST_CASE("other entries that lie") {
  const std::string long_name(257, 'x'), long_path(4097, 'x');
  CHECK(entry_error([](v1::Entry& e) { e.mutable_caller()->set_comm("sixteen bytes on"); }) ==
        too_long);
  CHECK(entry_error([](v1::Entry& e) { e.mutable_snapshot()->set_comm(std::string(16, 'x')); }) ==
        too_long);
  CHECK(entry_error([&](v1::Entry& e) { e.mutable_lost()->set_cause(long_name); }) == too_long);
  CHECK(entry_error([&](v1::Entry& e) { e.mutable_gap()->set_cause(long_name); }) == too_long);
  CHECK(entry_error([&](v1::Entry& e) { e.mutable_process()->set_exe(long_path); }) == too_long);
  CHECK(entry_error([&](v1::Entry& e) { e.mutable_process()->set_unit(long_path); }) == too_long);
  const auto file_error = [](const std::function<void(v1::Code::File&)>& spoil) {
    return entry_error([&](v1::Entry& e) {
      v1::Code::File& file = *e.mutable_code()->add_files();
      file.set_size(4096);
      spoil(file);
    });
  };
  CHECK(file_error([](v1::Code::File&) {}).empty());
  CHECK(file_error([&](v1::Code::File& file) { file.set_path(long_path); }) == too_long);
  CHECK(file_error([](v1::Code::File& file) { file.set_build_id(std::string(65, 'x')); }) ==
        too_long);
  CHECK(file_error([](v1::Code::File& file) { file.set_size(0); }) == past_the_end);
  CHECK(file_error([](v1::Code::File& file) { file.set_start(top); }) == past_the_end);
  CHECK(entry_error([](v1::Entry& e) {
          for (int n = 0; n < 300'000; ++n) e.mutable_code()->add_files();
          for (auto& file : *e.mutable_code()->mutable_files()) file.set_size(1);
        }) == "too many code mappings");
  CHECK(entry_error([](v1::Entry& e) { e.mutable_gap()->add_spaces(1); }) ==
        "half an address space");
  CHECK(entry_error([](v1::Entry& e) { e.mutable_fork()->set_child(1); }) ==
        "a caller that has not been told");
  CHECK(entry_error([](v1::Entry& e) { e.mutable_fault()->set_addr(1); }) ==
        "a caller that has not been told");
  const auto pages_error = [](const std::vector<std::uint64_t>& numbers) {
    return entry_error([&](v1::Entry& e) {
      for (const std::uint64_t number : numbers) e.mutable_swap()->add_pages(number);
    });
  };
  CHECK(pages_error({5, 6}).empty());
  CHECK(pages_error({5}) == "half a range");
  CHECK(pages_error({5, 0}) == past_the_end);
  CHECK(pages_error({5, top - 4}) == past_the_end);
  CHECK(pages_error({5, 6, top, 1}) == past_the_end);
  const auto mappings_error = [](const std::vector<std::uint64_t>& numbers) {
    return entry_error([&](v1::Entry& e) {
      for (const std::uint64_t number : numbers) e.mutable_snapshot()->add_mappings(number);
    });
  };
  CHECK(mappings_error({0, top, 31}).empty());
  CHECK(mappings_error({0, 4096}) == "half a mapping");
  CHECK(mappings_error({0, 0, 1}) == past_the_end);
  CHECK(mappings_error({4096, 4096, 1, top - 4096, 4096, 1}) == past_the_end);
}

TEST_CASE("origins that lie") {
  CHECK(origin_error([](v1::Origin&) {}).empty());
  const std::string place = "test: block at byte " + std::to_string(files::header().size()) + ": ";
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{512},
                                   std::uint64_t{4097}, std::uint64_t{1} << 31, top})
    CHECK(origin_error([size](v1::Origin& origin) { origin.set_page_size(size); }) ==
          place + "a page size that no machine has");
  CHECK(origin_error([](v1::Origin& origin) { origin.set_host(std::string(257, 'x')); }) ==
        place + too_long);
}

TEST_CASE("blocks that lie") {
  v1::Recording content;
  content.add_entry()->mutable_tick();
  const std::string raw = content.SerializeAsString();
  const auto error = [&raw](auto lie) {
    return files::read_bytes(begin_of_file() + files::block(Kind::entries, raw, 1, lie)).error;
  };
  const std::string place = "test: block at byte " + std::to_string(begin_of_file().size());
  CHECK(error([](BlockHeader&) {}).empty());
  CHECK(error([](BlockHeader& header) { header.entries = 2; }) ==
        place + ", entry 1: the block has not as many entries as its header says");
  const std::string unpacked = place + ": cannot be unpacked to the size it should have";
  CHECK(error([](BlockHeader& header) { ++header.raw; }) == unpacked);
  CHECK(error([](BlockHeader& header) { --header.raw; }) == unpacked);
  CHECK(error([](BlockHeader& header) { header.raw = ~0u; }) == place + ": the block is too big");
  CHECK(error([](BlockHeader& header) { header.stored = ~0u; }) ==
        place + ": the block is too big");
  CHECK(error([](BlockHeader& header) { header.checksum ^= 1; }) == place + ": wrong checksum");
  CHECK(error([](BlockHeader& header) { header.kind = Kind::origin; }) ==
        place + ": a second origin");
  CHECK(files::read_bytes(files::header() + files::block(Kind::entries, raw, 1)).error ==
        "test: block at byte 24: entries before the origin");
  CHECK(files::read_bytes(files::header() + files::block(Kind::origin, raw, 1)).error ==
        "test: block at byte 24: the origin is not one");
}

TEST_CASE("bytes that are no entries") {
  const auto error = [](const std::string& raw, std::uint32_t entries) {
    return files::read_bytes(begin_of_file() + files::block(Kind::entries, raw, entries)).error;
  };
  const std::string place = "test: block at byte " + std::to_string(begin_of_file().size());
  CHECK(error("", 0).empty());
  CHECK(error("\x1a", 1) == place + ", entry 0: damaged");
  CHECK(error("\x1a\x05", 1) == place + ", entry 0: damaged");
  CHECK(error("\x1a\x01\x0a", 1) == place + ", entry 1: damaged");
  CHECK(error("\x1a\x02\x08\x01", 1) == place + ", entry 1: damaged: an entry of two kinds");
  CHECK(error(std::string("\x1a\x04\x42\x00\x42\x00", 6), 1) ==
        place + ", entry 1: damaged: an entry of two kinds");
  CHECK(error("\x1a\x03\x42\x01\x08", 1) == place + ", entry 1: damaged");
  CHECK(error(std::string(11, '\xff'), 1) == place + ", entry 0: damaged");
}

TEST_CASE("a small file does not make a reader take much memory") {
  // The most that a few KiB on the disk can say: blocks full of the smallest parts there are.
  const std::size_t most = files::format::most_raw - 64;
  v1::Recording gap, snapshot, code, callers;
  gap.add_entry()->mutable_gap()->mutable_spaces()->Resize(static_cast<int>(most / 2 * 2), 1);
  snapshot.add_entry()->mutable_snapshot()->mutable_mappings()->Resize(
      static_cast<int>(most / 3 * 3), 1);
  v1::Code& files = *code.add_entry()->mutable_code();
  for (int n = 0; n < 260'000; ++n) files.add_files()->set_size(1);
  for (int n = 0; n < 1'000'000; ++n) callers.add_entry()->mutable_caller();
  for (const v1::Recording* content : {&gap, &snapshot, &code, &callers}) {
    const std::string block = entries_block(*content);
    const std::string bytes = begin_of_file() + block + block + block;
    CHECK(bytes.size() < 100'000);
    CHECK(memory_of([&bytes] {
            util::Fd fd(::memfd_create("test", MFD_CLOEXEC));
            (void)!::write(fd.get(), bytes.data(), bytes.size());
            (void)::lseek(fd.get(), 0, SEEK_SET);
            auto reader = files::Reader::from(std::move(fd), "test");
            if (!reader) ::_exit(1);
            for (auto next = reader.value().next(); next && next.value() != nullptr;
                 next = reader.value().next()) {
            }
          }) < 500 * 1024);
  }
}

TEST_CASE("sizes that are not there are not taken memory for") {
  const std::string lying = files::block(
      Kind::entries, "", 0, [](BlockHeader& header) { header.raw = header.stored = ~0u; });
  CHECK(memory_of([&] {
          util::Fd fd(::memfd_create("test", MFD_CLOEXEC));
          const std::string bytes = begin_of_file() + lying;
          (void)!::write(fd.get(), bytes.data(), bytes.size());
          (void)::lseek(fd.get(), 0, SEEK_SET);
          auto reader = files::Reader::from(std::move(fd), "test");
          if (!reader || reader.value().next().ok()) ::_exit(1);
        }) < 4 * 1024);
}
