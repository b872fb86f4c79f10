// The helper and the broker die; requests are answered all the same.
#include "parked.hpp"

#include "support/catch.hpp"
#include "support/temp_folder.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <poll.h>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mlockscope;
using std::chrono::milliseconds;

namespace {

// The broker's child; 0: it has none now.
int helper_of(int broker) {
  const std::string id = std::to_string(broker);
  std::ifstream children("/proc/" + id + "/task/" + id + "/children");
  int helper = 0;
  children >> helper;
  return helper;
}

// A zombie has ended, too: whoever inherited it may take his time.
bool has_ended(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const std::size_t name = stat.rfind(')');
  return name == std::string::npos || stat.compare(name, 3, ") Z") == 0;
}

// A small file that it takes hours to read: tens of thousands of symbol tables, each the same
// bytes.
std::string endless_file(const TempFolder& folder) {
  constexpr std::size_t symbols = 40000, tables = 60000;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(header);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = tables;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof(header) + 16 + symbols * sizeof(Elf64_Sym);
  Elf64_Shdr strings{};
  strings.sh_type = SHT_STRTAB;
  strings.sh_offset = sizeof(header);
  strings.sh_size = 16;
  Elf64_Shdr table{};
  table.sh_type = SHT_SYMTAB;
  table.sh_offset = sizeof(header) + 16;
  table.sh_size = symbols * sizeof(Elf64_Sym);
  table.sh_entsize = sizeof(Elf64_Sym);
  table.sh_link = 1;
  const auto put = [](std::string& text, const auto& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  std::string text;
  put(text, header);
  text += std::string("\0function", 9) + std::string(7, '\0');
  for (std::size_t i = 0; i < symbols; ++i) {
    Elf64_Sym symbol{}; // of no type, so that it is passed over
    symbol.st_name = 1;
    symbol.st_value = 1;
    put(text, symbol);
  }
  put(text, Elf64_Shdr{});
  put(text, strings);
  for (std::size_t i = 2; i < tables; ++i) put(text, table);
  return folder.file("endless", text);
}

} // namespace

TEST_CASE("a helper that is killed is started again, and every request is answered") {
  const Parked program(program_path("without_frames"));
  Asker asker;
  asker.describe(program);
  REQUIRE_FALSE(asker.ask({program.address("park_middle")}).empty());
  symbols::Resolver& resolver = asker.resolver();
  const auto copy = program.copy();
  std::vector<symbols::Answer> answers;
  constexpr std::uint64_t count = 2000;
  for (std::uint64_t i = 0; i < count; ++i) resolver.submit({i + 100, asker.key(), {}, copy});
  std::set<int> killed;
  std::size_t answered = 0; // when the last one was killed
  pollfd end{resolver.fd(), POLLIN, 0};
  while (answers.size() < count) {
    REQUIRE(::poll(&end, 1, 30000) == 1);
    resolver.collect(answers);
    // Not twice over one request: that would be the fault of the file.
    const bool again = answers.size() > answered + 50 && answers.size() < count;
    const int helper = again ? helper_of(resolver.broker_pid()) : 0;
    if (helper <= 0 || ::kill(helper, SIGKILL) != 0) continue;
    killed.insert(helper);
    answered = answers.size();
  }
  REQUIRE(answers.size() == count);
  std::set<std::uint64_t> ids;
  std::size_t named = 0;
  for (const auto& each : answers) {
    ids.insert(each.id);
    named += each.stack.size() > 4 ? 1 : 0;
  }
  CHECK(ids.size() == count);
  CHECK(named == count);
  CHECK(resolver.counters().files_given_up == 0);
  REQUIRE_FALSE(killed.empty());
  CHECK(resolver.counters().helper_restarts > 0);
  CHECK(resolver.counters().broker_lost == 0);
}

TEST_CASE("a file that keeps helpers from their work is given up") {
  const TempFolder folder;
  const std::string deadly = endless_file(folder);
  symbols::Resolver::Options options;
  options.deadline = milliseconds(200);
  Asker asker(options);
  asker.describe({as_mapped(deadly)}, static_cast<std::uint32_t>(::getpid()));
  const auto stack = asker.ask({0x10000010});
  REQUIRE(stack.size() == 1);
  CHECK(stack[0].module == deadly);
  CHECK_FALSE(stack[0].symbol);
  const auto counters = asker.resolver().counters();
  CHECK(counters.timeouts == 2);
  CHECK(counters.files_given_up == 1);
  // It costs nothing any more, and others have names.
  CHECK(asker.ask({0x10000010}).size() == 1);
  const Parked program(program_path("with_frames"));
  asker.describe(program);
  CHECK(names(asker.ask({program.address("park_middle")})) ==
        std::vector<std::string>{"park_middle"});
  CHECK(asker.resolver().counters().timeouts == 2);
}

TEST_CASE("without a broker, requests are answered empty at once") {
  const Parked program(program_path("with_frames"));
  Asker asker;
  asker.describe(program);
  REQUIRE_FALSE(asker.ask({program.address("park_middle")}).empty());
  const int helper = helper_of(asker.resolver().broker_pid());
  REQUIRE(helper > 0);
  REQUIRE(::kill(asker.resolver().broker_pid(), SIGKILL) == 0);
  CHECK(asker.ask({program.address("park_middle")}).empty());
  CHECK(asker.ask({program.address("park_middle")}).empty());
  CHECK(asker.resolver().counters().broker_lost == 1);
  // The helper does not outlive it.
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    gone = has_ended(helper);
    std::this_thread::sleep_for(milliseconds(5));
  }
  CHECK(gone);
}

TEST_CASE("the broker is nobody's child, and ends with the resolver") {
  int broker = 0;
  {
    Asker asker;
    broker = asker.resolver().broker_pid();
    asker.settle();
    CHECK_FALSE(has_ended(broker));
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1); // `run --wait-all` is not kept waiting
    CHECK(errno == ECHILD);
  }
  bool gone = false;
  for (int i = 0; i < 1000 && !gone; ++i) {
    gone = has_ended(broker);
    std::this_thread::sleep_for(milliseconds(5));
  }
  CHECK(gone);
}

TEST_CASE("patience has an end, and late answers do not come twice") {
  const TempFolder folder;
  symbols::Resolver::Options options;
  options.deadline = milliseconds(500);
  Asker asker(options);
  asker.describe({as_mapped(endless_file(folder))}, static_cast<std::uint32_t>(::getpid()));
  asker.resolver().submit({7, asker.key(), {0x10000010}, {}});
  std::vector<symbols::Answer> answers;
  asker.resolver().finish(milliseconds(50), answers);
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].id == 7);
  CHECK(answers[0].stack.empty());
  CHECK(asker.ask({0x10000010}).size() == 1); // 1: and not also the late one
}
