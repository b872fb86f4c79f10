// The proof of the what-if. A program ran on x86 with pages of 4 KiB and was recorded; here the
// same program runs under the tracer, on the pages that this kernel has. The recording, judged by
// their size, gives what the tracer sees this kernel do: on a kernel with pages of 16 KiB findings
// that nobody saw when the recording was made.
//
// data/pages-4k.mls is from Debian's 6.12 for x86-64, and is to be made anew when pages.c changes;
// what is recorded in a guest has no paths and names of the host's:
//
//   tests/vm/vm.sh shell-command 6.12 -- 'cp build/tests/programs/pages /tmp
//     build/mlockscope run --stacks off --record /run/mlockscope-vm/pages-4k.mls -- /tmp/pages'
//   cp build/vm/6.12.command/pages-4k.mls tests/live/data/
#include "support.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

using namespace mlockscope::live;

namespace {

constexpr std::uint64_t block = 0x10000, blocks = 8; // as in pages.c
constexpr const char* recording = MLOCKSCOPE_LIVE_DATA "/pages-4k.mls";

using Lines = std::vector<Json>;

Lines replayed(const std::string& page_size) {
  const Outcome outcome = execute({tracer_program(), "replay", recording, "--page-size", page_size,
                                   "--format", "json", "--calls", "--every"});
  INFO(outcome.err);
  REQUIRE(outcome.ending == "exit 0");
  REQUIRE(outcome.err.empty());
  Lines lines;
  std::istringstream in(outcome.out);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

/// The program, under the tracer.
Trace traced() { return run({"--stacks", "off", "--calls", "--every"}, {program("pages")}); }

std::string own_page_size() { return std::to_string(::sysconf(_SC_PAGESIZE) / 1024) + "K"; }

/// The story of pages.c that lines tell, without where in memory and when it happened.
class Story {
public:
  explicit Story(const Lines& lines) : lines_(lines), base_(first_locked()) {}

  [[nodiscard]] std::uint64_t base() const { return base_; }
  /// The calls on the program's memory. The loader's are not among them.
  [[nodiscard]] Json calls() const;
  /// All but their confidence: what a replay finds by other rules is modelled, however true it is.
  [[nodiscard]] Json findings() const;
  /// How the exposures ended.
  [[nodiscard]] Json exposures() const;

private:
  [[nodiscard]] Lines of(const std::string& type) const {
    Lines found;
    std::copy_if(lines_.begin(), lines_.end(), std::back_inserter(found),
                 [&](const Json& line) { return line.at("type") == type; });
    return found;
  }
  /// What pages.c locks first is where its memory begins.
  [[nodiscard]] std::uint64_t first_locked() const {
    for (const Json& call : of("call"))
      if (call.at("name") == "mlock") return address(call.at("addr"));
    throw std::runtime_error("nothing was locked");
  }
  [[nodiscard]] std::uint64_t offset(const Json& place) const { return address(place) - base_; }
  [[nodiscard]] Json range(const Json& ends) const {
    return {offset(ends.at(0)), offset(ends.at(1))};
  }

  Lines lines_;
  std::uint64_t base_;
};

Json Story::calls() const {
  Json all = Json::array();
  for (const Json& call : of("call"))
    if (offset(call.at("addr")) < blocks * block)
      all.push_back({call.at("name"), offset(call.at("addr")), call.at("len"), call.at("ret")});
  return all;
}

Json Story::findings() const {
  Json all = Json::array();
  for (const Json& each : of("finding")) {
    const Json &call = each.at("call"), &victim = each.at("victim");
    Json exposed = Json::array();
    for (const Json& ends : each.at("exposed")) exposed.push_back(range(ends));
    all.push_back({{"kind", each.at("kind")},
                   {"severity", each.at("severity")},
                   {"page_size", each.at("page_size")},
                   {"call", {call.at("name"), offset(call.at("addr")), call.at("len")}},
                   {"applied", range(call.at("applied"))},
                   {"victim", {victim.at("name"), offset(victim.at("addr")), victim.at("len")}},
                   {"exposed", exposed},
                   {"exposed_bytes", each.at("exposed_bytes")}});
  }
  return all;
}

Json Story::exposures() const {
  Json all = Json::array();
  for (const Json& each : of("exposure"))
    all.push_back({each.at("finding"), each.at("closed"), each.at("bytes")});
  return all;
}

} // namespace

TEST_CASE("a recording made on 4 KiB pages, judged by this kernel's, gives what this kernel does") {
  const Trace trace = traced();
  require_complete(trace);
  const Story live(trace.lines), what_if(replayed(own_page_size()));
  REQUIRE(live.base() == address(Json::parse(trace.out).at("base")));
  REQUIRE(what_if.base() % block == 0);
  REQUIRE(live.calls().size() == 32);
  REQUIRE(what_if.calls() == live.calls()); // or pages.c has changed since it was recorded
  CHECK(what_if.findings() == live.findings());
  CHECK(what_if.exposures() == live.exposures());
}

TEST_CASE("the recording is of 4 KiB pages, and what it comes to depends on their size") {
  const Lines small = replayed("4K"), large = replayed("16K");
  CHECK(small.front().at("machine") == "x86_64");
  CHECK(small.front().at("page_size") == 4096);
  CHECK(large.front().at("recorded_page_size") == 4096);
  CHECK(Story(small).calls() == Story(large).calls());
  CHECK(Story(small).findings().size() == 6);
  CHECK(Story(large).findings().size() == 11);
  CHECK(Story(small).exposures() != Story(large).exposures());
  for (const Json& line : large)
    if (line.at("type") == "finding") CHECK(line.at("confidence") == "modelled");
}
