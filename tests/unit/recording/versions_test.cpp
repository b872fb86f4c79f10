// Recordings of other versions. Each file in data/ was written once by that version of the format
// and is never written again; [.make] made it.
#include "files.hpp"
#include "support/temp_folder.hpp"

#include "recording.pb.h"

#include <filesystem>

using namespace mlockscope;
namespace v1 = recording::v1;
using files::format::Kind;

namespace {

const std::string first_file = RECORDING_DATA "/v1.mls";
const std::string file_1_1 = RECORDING_DATA "/v1.1.mls";
const std::string file_1_2 = RECORDING_DATA "/v1.2.mls";

recording::Origin origin_before_1_2() {
  recording::Origin origin = samples::origin();
  origin.misses_32_bit_calls = false;
  return origin;
}

/// A field that this version does not know, of a message or a number, behind those of a message.
void add_unknown(std::string& message, bool number = true) {
  message += number ? std::string("\xa0\x06\x2a", 3) : std::string("\xa2\x06\x02hi", 5); // 100
}

std::string origin_block() {
  v1::Recording content;
  content.mutable_origin()->set_page_size(4096);
  return files::block(Kind::origin, content.SerializeAsString(), 0);
}

/// As a field 3 of Recording.
std::string entry(const std::string& content) {
  return "\x1a" + std::string(1, static_cast<char>(content.size())) + content;
}
/// As a field of Entry.
std::string kind(char number, const std::string& content) {
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(content.size())) + content;
}

} // namespace

TEST_CASE("write the recording of version 1.2", "[.make]") {
  files::write(file_1_2, samples::all_entries(), 2);
}

TEST_CASE("a recording of version 1.2 is read, every value of it") {
  REQUIRE(std::filesystem::exists(file_1_2));
  const auto read = files::read_file(file_1_2);
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.origin == samples::origin());
  CHECK(read.entries == telling::texts(samples::all_entries()));
}

TEST_CASE("a recording of version 1.1 is read, every value of it") {
  REQUIRE(std::filesystem::exists(file_1_1));
  const auto read = files::read_file(file_1_1);
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.origin == origin_before_1_2());
  CHECK(read.entries == telling::texts(samples::all_entries()));
}

TEST_CASE("a recording of the first version is read, every value of it") {
  REQUIRE(std::filesystem::exists(first_file));
  const auto read = files::read_file(first_file);
  CHECK(read.error.empty());
  CHECK(read.remark.empty());
  CHECK(read.origin == origin_before_1_2());
  CHECK(read.entries == telling::texts(samples::every_kind()));
}

TEST_CASE("a newer major version is refused, and told which") {
  const auto read = files::read_bytes(files::header({2, 7}) + origin_block());
  CHECK(read.error ==
        "test: a recording of format 2.7; this mlockscope reads format 1; a newer one "
        "can read it");
}

TEST_CASE("what a newer minor version has added is skipped and counted") {
  std::string tick = "\x08\x0a"; // 5 ns on
  std::string newer_tick = tick;
  add_unknown(newer_tick);
  std::string with_more = kind(8, tick);
  add_unknown(with_more, false);
  std::string word = "\x08\x02";
  add_unknown(word);
  const std::string call = kind(10, word); // Call.after
  std::string unknown_kind;
  add_unknown(unknown_kind, false);
  const std::string raw = entry(kind(8, tick)) + entry(unknown_kind) + entry(kind(8, newer_tick)) +
                          entry(with_more) + entry(kind(15, "")) + entry(kind(1, call)) +
                          entry(kind(8, tick));
  const std::string newer = files::header({files::format::major_version, 9}) +
                            files::block(Kind(17), "what is this?", 3) + origin_block() +
                            files::block(Kind::entries, raw, 7) + files::block(Kind(18), "", 0) +
                            files::block(Kind::entries, "", 0);
  const auto read = files::read_bytes(newer);
  CHECK(read.error.empty());
  model::CallEvent expected;
  expected.enter = expected.exit = 15;
  expected.after.locked = model::KernelWord::Locked::all;
  using model::Event;
  CHECK(read.entries == telling::texts({Event(model::TickEvent{5}), Event(model::TickEvent{10}),
                                        Event(model::TickEvent{15}), Event(expected),
                                        Event(model::TickEvent{20})}));
  CHECK(read.remark == "test: 3 entries or blocks of a newer mlockscope left out; 3 entries of a "
                       "newer mlockscope read in part");
}
