#include "symbols/perf_map.hpp"

#include "parked.hpp"
#include "support/catch.hpp"
#include "support/temp_folder.hpp"
#include "symbols/code_book.hpp"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlockscope;
using symbols::PerfMap;

namespace {

std::string name_at(const PerfMap& map, std::uint64_t address) {
  const auto hit = map.find(address);
  return hit ? std::string(hit->name) : "?";
}

// /tmp/perf-PID.map of a process, gone with the object.
class MapFile {
public:
  explicit MapFile(std::uint32_t pid) : path_("/tmp/perf-" + std::to_string(pid) + ".map") {
    ::unlink(path_.c_str());
  }
  ~MapFile() { ::unlink(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  std::string path_;
};

std::string line(std::uint64_t start, unsigned size, const std::string& name) {
  char text[64];
  std::snprintf(text, sizeof(text), "%llx %x ", static_cast<unsigned long long>(start), size);
  return text + name + "\n";
}

} // namespace

TEST_CASE("a line of a perf map is a name for its range") {
  PerfMap map;
  map.add("1000 10 LazyCompile:~lock /app/server.js:7:3\n0x2000 0x20 second\n");
  CHECK(name_at(map, 0xfff) == "?");
  CHECK(name_at(map, 0x1000) == "LazyCompile:~lock /app/server.js:7:3");
  CHECK(name_at(map, 0x100f) == "LazyCompile:~lock /app/server.js:7:3");
  CHECK(name_at(map, 0x1010) == "?");
  CHECK(name_at(map, 0x201f) == "second");
  CHECK(map.find(0x2010)->start == 0x2000);
}

TEST_CASE("of overlapping lines the later holds, and the earlier keeps what is left of it") {
  PerfMap map;
  map.add("1000 100 old\n1040 20 new\n");
  CHECK(name_at(map, 0x103f) == "old");
  CHECK(name_at(map, 0x1040) == "new");
  CHECK(name_at(map, 0x105f) == "new");
  CHECK(name_at(map, 0x1060) == "old");
  CHECK(map.find(0x1060)->start == 0x1000);
  map.add("ff0 200 all\n");
  CHECK(name_at(map, 0x1040) == "all");
  map.add("1000 8 a\n1008 8 b\n1004 8 c\n");
  CHECK(name_at(map, 0x1003) == "a");
  CHECK(name_at(map, 0x1004) == "c");
  CHECK(name_at(map, 0x100b) == "c");
  CHECK(name_at(map, 0x100c) == "b");
}

TEST_CASE("lines that are none are passed over, long names cut") {
  PerfMap map;
  map.add("\n\nx\n1000\n1000 \n1000 10\n1000 10 \n1000 0 empty\nffffffffffffffff 2 wraps\n"
          "12345678901234567 1 long\n-5 5 negative\n3000 10 good\n4000 10 " +
          std::string(10000, 'n'));
  CHECK(name_at(map, 0x1000) == "?");
  CHECK(name_at(map, 0) == "?");
  CHECK(name_at(map, 0x3000) == "good");
  CHECK(name_at(map, 0x4000).size() == 512);
}

TEST_CASE("the process's own id and user are in its status") {
  const auto inside = symbols::parse_status("Name:\tx\nUid:\t1\t2\t3\t4\nNSpid:\t700\t7\n");
  REQUIRE(inside);
  CHECK(inside->pid == 7);
  CHECK(inside->user == 2);
  CHECK_FALSE(symbols::parse_status("Name:\tx\n"));
  CHECK_FALSE(symbols::parse_status(""));
}

TEST_CASE("code made at run time has the names of the perf map, read again when it changes") {
  const Parked program(program_path("with_frames"), {"made"});
  const MapFile map(program.pid());
  const auto made = program.address("made");
  map.write(line(made, 0x100, "Builtin:lock"));
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({made + 0x10, made + 0x100, made + 0x101});
  REQUIRE(stack.size() == 3);
  CHECK(stack[0].symbol == "Builtin:lock");
  CHECK(stack[0].offset == 0x10);
  CHECK_FALSE(stack[0].module);
  CHECK(stack[1].symbol == "Builtin:lock"); // a return address: the call is before it
  CHECK_FALSE(stack[2].symbol);

  map.write(line(made, 0x80, "Builtin:unlock") + line(made + 0x80, 0x80, "Builtin:more"));
  ::usleep(150000); // a map is left alone for a tenth of a second
  const auto later = asker.ask({made + 0x10, made + 0x90});
  CHECK(names(later) == std::vector<std::string>{"Builtin:unlock", "Builtin:more"});
}

TEST_CASE("what is no regular file of the process's user is no perf map") {
  const Parked program(program_path("with_frames"), {"made"});
  const MapFile map(program.pid());
  const auto made = program.address("made");
  Asker asker;
  asker.describe(program);
  SECTION("a FIFO does not hold us up") { REQUIRE(::mkfifo(map.path().c_str(), 0600) == 0); }
  SECTION("a device") { REQUIRE(::symlink("/dev/zero", map.path().c_str()) == 0); }
  SECTION("a file of another user") {
    if (::geteuid() != 0) return; // chown(2)
    map.write(line(made, 0x100, "planted"));
    REQUIRE(::chown(map.path().c_str(), 12345, 12345) == 0);
  }
  const auto stack = asker.ask({made, program.address("park_middle") + 1});
  REQUIRE(stack.size() == 2);
  CHECK_FALSE(stack[0].symbol);
  CHECK(stack[1].symbol == "park_middle");
  CHECK(asker.resolver().counters().helper_restarts == 0);
}
