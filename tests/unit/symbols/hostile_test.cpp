// Files that are made to harm their reader.
#include "parked.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cstring>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

using namespace mlockscope;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class T> T at(const std::string& bytes, std::size_t offset) {
  T value{};
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof(value))
    std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <class T> void put(std::string& bytes, std::size_t offset, const T& value) {
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof(value))
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

// Changes every section header.
template <class Change> void change_sections(std::string& bytes, Change change) {
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const std::size_t offset = header.e_shoff + i * sizeof(Elf64_Shdr);
    auto section = at<Elf64_Shdr>(bytes, offset);
    change(section);
    put(bytes, offset, section);
  }
}

// Where numbers steer the reader: the ELF header, program and section headers, and the sections
// that hold notes, call frames, symbols and DWARF.
void mutate(std::string& bytes, std::mt19937& random) {
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  const std::size_t sections = header.e_shnum * sizeof(Elf64_Shdr);
  const auto any = [&](std::size_t from, std::size_t size) {
    const std::size_t offset = from + random() % std::max<std::size_t>(size, 1);
    constexpr unsigned char edges[] = {0, 1, 0x7f, 0x80, 0xff};
    const auto byte = random() % 2 ? edges[random() % 5] : static_cast<unsigned char>(random());
    if (offset < bytes.size()) bytes[offset] = static_cast<char>(byte);
  };
  const auto times = 1 + random() % 20;
  for (std::size_t i = 0; i < times; ++i) switch (random() % 5) {
    case 0:
      any(16, sizeof(header) - 16);
      break;
    case 1:
      any(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
      break;
    case 2:
      any(header.e_shoff, sections);
      break;
    default:
      any(0, bytes.size());
      break;
    }
  if (random() % 10 == 0) bytes.resize(random() % bytes.size());
}

// Most often in the code of small programs, which begins at the second page; else anywhere.
model::Address somewhere(const model::CodeMapping& mapping, std::mt19937& random) {
  const std::uint64_t size = mapping.pages.end - mapping.pages.start;
  return mapping.pages.start + (random() % 4 != 0 ? 0x1000 + random() % 0x500 : random() % size);
}

// A stack within the mapping, so that call frames, functions and lines are all sought.
model::StackCopy copy_inside(const model::CodeMapping& mapping, std::mt19937& random) {
  model::StackCopy copy;
  copy.values.fill(0x7000);
  copy.values[model::StackCopy::ip] = somewhere(mapping, random);
  copy.bytes.resize(4096);
  for (std::size_t i = 0; i < copy.bytes.size(); i += 8) {
    const std::uint64_t word = somewhere(mapping, random);
    std::memcpy(copy.bytes.data() + i, &word, sizeof(word));
  }
  return copy;
}

struct Lab {
  TempFolder folder;
  Asker asker;

  explicit Lab(symbols::Resolver::Options options = {}) : asker(options) {}

  model::Stack ask(const std::string& bytes, std::mt19937& random) {
    std::filesystem::remove(folder.path("file")); // a new inode, and so another file
    const auto mapping = as_mapped(folder.file("file", bytes));
    asker.describe({mapping}, static_cast<std::uint32_t>(::getpid()));
    std::vector<model::Address> addresses;
    for (int i = 0; i < 32; ++i) addresses.push_back(somewhere(mapping, random));
    return asker.ask(addresses, copy_inside(mapping, random));
  }
};

} // namespace

TEST_CASE("hundreds of broken programs are answered, and names go on") {
  symbols::Resolver::Options options;
  options.deadline = std::chrono::milliseconds(1000);
  Lab lab(options);
  std::mt19937 random(20240607);
  const std::string sound[] = {bytes_of(program_path("without_frames")),
                               bytes_of(program_path("cpp")), bytes_of(program_path("split"))};
  std::size_t named = 0;
  for (int i = 0; i < 400; ++i) {
    std::string bytes = sound[i % 3];
    mutate(bytes, random);
    const auto stack = lab.ask(bytes, random);
    CHECK(stack.size() <= 64);
    for (const auto& frame : stack) named += frame.symbol ? 1 : 0;
  }
  CHECK(named > 1000); // most are not broken where it counts: readers go deep
  const auto counters = lab.asker.resolver().counters();
  CHECK(counters.answers == 400);
  CHECK(counters.broker_lost == 0);

  const Parked program(program_path("with_frames"));
  lab.asker.describe(program);
  CHECK(names(lab.asker.ask({program.address("park_middle")})) ==
        std::vector<std::string>{"park_middle"});
}

TEST_CASE("headers that lie do not cost a helper") {
  Lab lab;
  std::mt19937 random(1);
  std::string bytes = bytes_of(program_path("without_frames"));
  auto header = at<Elf64_Ehdr>(bytes, 0);
  SECTION("symbols of size 0") {
    change_sections(bytes, [](Elf64_Shdr& section) { section.sh_entsize = 0; });
  }
  SECTION("symbols of size 1") {
    change_sections(bytes, [](Elf64_Shdr& section) { section.sh_entsize = 1; });
  }
  SECTION("sections that lie outside") {
    change_sections(bytes, [](Elf64_Shdr& section) { section.sh_offset = UINT64_MAX - 10; });
  }
  SECTION("sections of endless size") {
    change_sections(bytes, [](Elf64_Shdr& section) { section.sh_size = UINT64_MAX / 2; });
  }
  SECTION("more sections than there are") {
    header.e_shnum = 0; // the number is in the first one
    put(bytes, 0, header);
    auto first = at<Elf64_Shdr>(bytes, header.e_shoff);
    first.sh_size = UINT32_MAX;
    put(bytes, header.e_shoff, first);
  }
  SECTION("more program headers than there are") {
    header.e_phnum = PN_XNUM;
    put(bytes, 0, header);
  }
  SECTION("cut off") { bytes.resize(bytes.size() / 2); }
  SECTION("the header alone") { bytes.resize(sizeof(header)); }
  SECTION("empty") { bytes.clear(); }
  SECTION("no ELF file") { bytes.assign(10000, 'x'); }
  if (bytes.empty()) bytes = "\n"; // as_mapped() needs a page
  CHECK_FALSE(lab.ask(bytes, random).empty());
  CHECK(lab.asker.resolver().counters().helper_restarts == 0);
}

TEST_CASE("a perf map without end is read up to its bound") {
  const Parked program(program_path("with_frames"), {"made"});
  const std::string path = "/tmp/perf-" + std::to_string(program.pid()) + ".map";
  const auto made = program.address("made");
  {
    std::ofstream map(path);
    char line[64];
    std::snprintf(line, sizeof(line), "%llx 100 first\n", static_cast<unsigned long long>(made));
    map << line;
    for (int i = 0; i < 600000; ++i) map << std::hex << i * 16 << " 8 some_function\n";
  }
  REQUIRE(::truncate(path.c_str(), off_t{3} << 30) == 0); // and zeros up to 3 GiB
  Asker asker;
  asker.describe(program);
  const auto stack = asker.ask({made + 5});
  ::unlink(path.c_str());
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].symbol == "first");
  CHECK(asker.resolver().counters().helper_restarts == 0);
}

TEST_CASE("a mapping of another file than the path's is not named by it") {
  const TempFolder folder;
  std::filesystem::copy(program_path("with_frames"), folder.path("program"));
  auto mapping = as_mapped(folder.path("program"));
  mapping.inode += 1;
  Asker asker;
  asker.describe({mapping}, static_cast<std::uint32_t>(::getpid()));
  const auto stack = asker.ask({mapping.pages.start + 0x1100});
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].module == folder.path("program"));
  CHECK(stack[0].build_id.empty());
}
