// Runs every story in this folder: the calls go through the simulated kernel, and what the model
// says about them must be the lines that begin with `>`.
//
//   # comment
//   page 4096              the page size; 4096 if not said
//   words silent           the kernel's word on VM_LOCKED cannot be read
//   platform NAME          the story is told as of this one (model/platforms.hpp) ...
//   pages SIZE             ... and of a machine with these pages
//   lock ADDR LEN          lock2 unlock unmap alike
//   map ADDR LEN [locked|shared|wiped|not-forked]
//                          on top of what is there; the last two: MADV_WIPEONFORK, MADV_DONTFORK
//   remap ADDR LEN NEW TO  moves, or resizes in place if TO is ADDR
//   brk ADDR
//   lockall [current|future|both]      unlockall
//   refuse ERRNO           the next call fails before it does anything
//   fork                   the first process has the pid 100, its children the next ones
//   child, parent          goes on in the child forked last, or in the first process
//   process PID            goes on in that one
//   outlive                the grace time of all children is over; this one's mappings are listed
//   fault ADDR [major] [write] [present|absent] [swap]
//   swap ADDR LEN          the pages there are seen in swap
//   end, finish            the address space ends; the tracing does
//   > LINE                 what is said; story.hpp has the form
//   unlocks-without-lock N
//
// ADDR is p, p+N, q or q+N; 16 pages of 64 KiB are mapped at p, nothing at q. LEN may be `max`.
#include "support/catch.hpp"
#include "support/story.hpp"

#include <filesystem>
#include <fstream>

using namespace mlockscope::test;

namespace {

struct Script {
  std::uint64_t page = 4096;
  Story::Words words = Story::Words::told;
  std::string platform; ///< empty: where it happened
  std::uint64_t pages = 0;
  Lines expected;
  std::vector<std::string> calls;
  std::uint64_t needless_unlocks = 0;
};

Script read(const std::filesystem::path& path) {
  Script script;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first.empty() || first.front() == '#') continue;
    if (first == ">")
      script.expected.push_back(line.substr(line.find('>') + 2));
    else if (first == "page")
      words >> script.page;
    else if (first == "words")
      script.words = Story::Words::silent;
    else if (first == "platform")
      words >> script.platform;
    else if (first == "pages")
      words >> script.pages;
    else if (first == "unlocks-without-lock")
      words >> script.needless_unlocks;
    else
      script.calls.push_back(line);
  }
  return script;
}

Address address(std::istringstream& from) {
  std::string text;
  from >> text;
  const Address base = text.starts_with('q') ? q : p;
  return text.size() > 1 ? base + std::stoull(text.substr(2)) : base;
}

std::uint64_t number(std::istringstream& from) {
  std::string text;
  from >> text;
  return text == "max" ? UINT64_MAX : std::stoull(text);
}

/// Calls without numbers. Returns false if it is none of them.
bool play_simple(Story& story, const std::string& name) {
  if (name == "unlockall") return story.unlock_all(), true;
  if (name == "fork") return story.fork(), true;
  if (name == "child") return story.in_child(), true;
  if (name == "parent") return story.in_parent(), true;
  if (name == "end") return story.end(), true;
  if (name == "outlive") return story.outlive(), true;
  if (name == "finish") return story.finish(), true;
  return false;
}

void fault(Story& story, Address at, std::istringstream& flags) {
  FaultKind kind;
  for (std::string flag; flags >> flag;) {
    if (flag == "major") kind.major = true;
    if (flag == "write") kind.write = true;
    if (flag == "present") kind.present = true;
    if (flag == "absent") kind.present = false;
    if (flag == "swap") kind.from_swap = true;
  }
  story.fault(at, kind);
}

void map(Story& story, Address at, std::uint64_t len, const std::string& flag) {
  SimKernel::Page kind;
  kind.shared = flag == "shared";
  kind.wiped_on_fork = flag == "wiped";
  kind.not_forked = flag == "not-forked";
  story.map(at, len, flag == "locked" ? 0x2000 : 0, kind);
}

void play(Story& story, const std::string& line) {
  std::istringstream words(line);
  std::string name;
  words >> name;
  if (play_simple(story, name)) return;
  if (name == "lockall") {
    std::string which = "current";
    words >> which;
    story.lock_all(which == "both" ? 3 : which == "future" ? 2 : 1);
    return;
  }
  if (name == "refuse") {
    story.refuse(static_cast<std::int64_t>(number(words)));
    return;
  }
  if (name == "process") {
    story.in_process(number(words));
    return;
  }
  const Address at = address(words);
  if (name == "brk") {
    story.brk(at);
    return;
  }
  if (name == "fault") return fault(story, at, words);
  const std::uint64_t len = number(words);
  if (name == "remap") {
    const std::uint64_t new_len = number(words);
    story.remap(at, len, new_len, address(words));
    return;
  }
  std::string flag;
  words >> flag;
  if (name == "lock")
    story.lock(at, len);
  else if (name == "lock2")
    story.lock2(at, len);
  else if (name == "unlock")
    story.unlock(at, len);
  else if (name == "unmap")
    story.unmap(at, len);
  else if (name == "map")
    map(story, at, len, flag);
  else if (name == "swap")
    story.swap(at, len);
  else
    FAIL("no such call: " << line);
}

std::unique_ptr<Story> story_of(const Script& script) {
  if (script.platform.empty() && script.pages == 0)
    return std::make_unique<Story>(script.page, script.words);
  const std::string name = script.platform.empty() ? "linux" : script.platform;
  INFO("platform " << name);
  REQUIRE(find_platform(name) != nullptr);
  const std::uint64_t pages = script.pages == 0 ? script.page : script.pages;
  return std::make_unique<Story>(Story::Elsewhere{name, pages}, script.page, script.words);
}

} // namespace

TEST_CASE("every scenario ends as its file says") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIOS)) {
    if (entry.path().extension() != ".txt" || entry.path().stem() == "CMakeLists") continue;
    ++count;
    DYNAMIC_SECTION(entry.path().stem().string()) {
      const Script script = read(entry.path());
      const std::unique_ptr<Story> told = story_of(script);
      Story& story = *told;
      for (const std::string& line : script.calls) play(story, line);
      CHECK(story.told() == script.expected);
      CHECK(story.totals().unlocks_without_lock == script.needless_unlocks);
      CHECK(story.totals().divergences == 0);
    }
  }
  CHECK(count > 0);
}
